import { HttpError } from '../../shared/door/failures.ts';
import type { EventResult } from './sources/source.ts';

/**
 * What the events of a batch say. One that cannot be read is refused by itself, its fields under
 * `<path>[<index>]`, so that it does not hold up the others.
 */
export const parseBatch = (
  events: readonly unknown[],
  read: (event: unknown) => readonly EventResult[],
  path = '',
): readonly EventResult[] =>
  events.flatMap((event, index): readonly EventResult[] => {
    try {
      return read(event);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const problems = error.problems.map(({ field, problem }) => ({
        field: `${path}[${index}]${field === 'body' ? '' : `.${field}`}`,
        problem,
      }));
      return [{ kind: 'refused', problems }];
    }
  });
