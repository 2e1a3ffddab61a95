import { type QueueDepth, totalMessages } from '../aws/queue-depth.ts';
import { Failure } from '../failure.ts';
import type { Scan } from './letters.ts';
import type { ReadResult } from './read-letters.ts';

/**
 * How many letters a walk has not met, although the queue tells of them; 0 where it has not come to its end. SQS's
 * numbers lag behind what we do ourselves: they count as far as those from before and from after agree.
 */
export const countNotReceived = (
  scan: Pick<Scan, 'scanned' | 'received' | 'isComplete'>,
  before: QueueDepth,
  after: QueueDepth,
): number => {
  if (!scan.isComplete()) return 0;
  return Math.max(0, Math.min(totalMessages(before) - scan.scanned(), totalMessages(after) - scan.received()));
};

const inFlightNote =
  'in the hands of another command, or of one that was killed. They are back within a minute.';

/** What is to be said of dead letters that were not seen, a sentence for each kind. */
export const notReceivedText = ({ inFlight, notReturned }: Pick<ReadResult, 'inFlight' | 'notReturned'>): string[] => [
  ...(inFlight > 0 ? [`${inFlight} more hidden: ${inFlightNote}`] : []),
  ...(notReturned > 0
    ? [`${notReturned} more are told of by the queue, and SQS did not hand them over: run it again.`]
    : []),
];

/**
 * That there is nothing to do is not known where some were not seen.
 * @throws Failure where that is so and no letter was found
 */
export const assertNothingMissed = (found: ReadResult): void => {
  const notReceived = found.inFlight + found.notReturned;
  if (found.deadLetters.length > 0 || notReceived === 0) return;
  throw new Failure(
    `No dead letter is meant of those that can be seen; ${notReceived} cannot be just now.`,
    'They may be in the hands of another command, or of one that was killed: run it again in a minute.',
  );
};
