import { Failure } from '../failure.ts';
import { collectDeadLetters } from './collect-letters.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Scan } from './letters.ts';

/**
 * The one dead letter whose id begins so; undefined where it was stopped.
 * @throws Failure where there is none, or more than one
 */
export const findDeadLetter = async (
  scan: Pick<Scan, 'next'>,
  idPrefix: string,
  isStopped: () => boolean,
): Promise<DeadLetter | undefined> => {
  const found = await collectDeadLetters(
    scan,
    ({ id }) => id.startsWith(idPrefix),
    isStopped,
    () => {},
  );
  if (isStopped()) return undefined;
  const [deadLetter] = found;
  if (deadLetter === undefined) {
    throw new Failure(
      `No dead letter has an id that begins with ${idPrefix}.`,
      'npm run ops -- dlq list --each shows them. One in the hands of another command is back within a minute.',
    );
  }
  if (found.length > 1) {
    throw new Failure(
      `${found.length} dead letters have ids that begin with ${idPrefix}.`,
      'Give more of the id.',
    );
  }
  return deadLetter;
};
