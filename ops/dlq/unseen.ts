import { type Depth, totalOf } from '../aws/queue-depth.ts';
import { Failure } from '../failure.ts';
import type { Walk } from './letters.ts';
import type { Found } from './read-letters.ts';

/**
 * How many letters a walk has not met, although the queue tells of them; 0 where it has not come to its end. SQS's
 * numbers lag behind what we do ourselves: they count as far as those from before and from after agree.
 */
export const countUnseen = (
  walk: Pick<Walk, 'met' | 'held' | 'isAtEnd'>,
  before: Depth,
  after: Depth,
): number => {
  if (!walk.isAtEnd()) return 0;
  return Math.max(0, Math.min(totalOf(before) - walk.met(), totalOf(after) - walk.held()));
};

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
