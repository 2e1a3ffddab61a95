import { Failure } from '../failure.ts';
import { collectLetters } from './collect-letters.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Walk } from './letters.ts';

/**
 * The one dead letter whose id begins so; undefined where it was stopped.
 * @throws Failure where there is none, or more than one
 */
export const findLetter = async (
  walk: Pick<Walk, 'next'>,
  idStart: string,
  isStopped: () => boolean,
): Promise<DeadLetter | undefined> => {
  const found = await collectLetters(
    walk,
    ({ id }) => id.startsWith(idStart),
    isStopped,
    () => {},
  );
  if (isStopped()) return undefined;
  const [letter] = found;
  if (letter === undefined) {
    throw new Failure(
      `No dead letter has an id that begins with ${idStart}.`,
      'npm run ops -- dlq list --each shows them. One in the hands of another command is back within a minute.',
    );
  }
  if (found.length > 1) {
    throw new Failure(
      `${found.length} dead letters have ids that begin with ${idStart}.`,
      'Give more of the id.',
    );
  }
  return letter;
};
