import { Failure } from '../failure.ts';
import type { Found } from './read-letters.ts';

const inHands =
  'in the hands of another command, or of one that was killed. They are back within a minute.';

/** What is to be said of dead letters that were not seen, a sentence for each kind. */
export const unseenText = ({ hidden, missing }: Pick<Found, 'hidden' | 'missing'>): string[] => [
  ...(hidden > 0 ? [`${hidden} more hidden: ${inHands}`] : []),
  ...(missing > 0
    ? [`${missing} more are told of by the queue, and SQS did not hand them over: run it again.`]
    : []),
];

/**
 * That there is nothing to do is not known where some were not seen.
 * @throws Failure where that is so and no letter was found
 */
export const refuseToGuess = (found: Found): void => {
  const unseen = found.hidden + found.missing;
  if (found.letters.length > 0 || unseen === 0) return;
  throw new Failure(
    `No dead letter is meant of those that can be seen; ${unseen} cannot be just now.`,
    'They may be in the hands of another command, or of one that was killed: run it again in a minute.',
  );
};
