import { Refusal } from '../../shared/door/failures.ts';
import type { Finding } from './sources/source.ts';

/**
 * What the events of a batch say. One that cannot be read is refused by itself, its fields under
 * `<path>[<index>]`, so that it does not hold up the others.
 */
export const eachEvent = (
  events: readonly unknown[],
  read: (event: unknown) => readonly Finding[],
  path = '',
): readonly Finding[] =>
  events.flatMap((event, index): readonly Finding[] => {
    try {
      return read(event);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const problems = error.problems.map(({ field, problem }) => ({
        field: `${path}[${index}]${field === 'body' ? '' : `.${field}`}`,
        problem,
      }));
      return [{ kind: 'refused', problems }];
    }
  });
