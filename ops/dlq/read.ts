import { SQSClient } from '@aws-sdk/client-sqs';
import { type QueueDepth, queueDepth, totalMessages } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import type { DeadLetter } from './dead-letter.ts';
import { type Scan, withScan } from './scan.ts';

/** The dead letters that were read; they are visible again. */
interface ReadResult {
  deadLetters: readonly DeadLetter[];
  /** How many more were not received, because another command received them. */
  inFlight: number;
  /** How many more are in the queue, but were not returned by SQS. */
  notReturned: number;
}

/**
 * Reads all matching dead letters, with a progress display.
 * @throws Failure if an AWS request fails
 */
export function readDeadLetters(
  { aws, deadLetterQueueUrl }: Pick<Deployment, 'aws' | 'deadLetterQueueUrl'>,
  matches: (deadLetter: DeadLetter) => boolean,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<ReadResult> {
  const sqs = new SQSClient(aws.sqs);
  return withScan(sqs, deadLetterQueueUrl, async (scan, before) => {
    const progress = context.progress({ label: 'Reading', total: before.visible });
    try {
      const deadLetters = await collectDeadLetters(
        scan,
        matches,
        () => stop.aborted,
        progress.update,
      );
      const notReceived = countNotReceived(scan, before, await queueDepth(sqs, deadLetterQueueUrl));
      const inFlight = stop.aborted ? before.inFlight : Math.min(before.inFlight, notReceived);
      return { deadLetters, inFlight, notReturned: Math.max(0, notReceived - inFlight) };
    } finally {
      progress.end();
    }
  });
}

const collectBatchSize = 80;

/**
 * Finds the one dead letter whose id starts with a text; undefined if the operator stops it.
 * @throws Failure if there is none, or more than one
 */
export async function findDeadLetter(
  scan: Pick<Scan, 'next'>,
  idPrefix: string,
  isStopped: () => boolean,
): Promise<DeadLetter | undefined> {
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
      `No dead letter has an id that starts with ${idPrefix}.`,
      'npm run ops -- dlq list --each shows the ids. A dead letter that another command received is visible again within a minute.',
    );
  }
  if (found.length > 1) {
    throw new Failure(
      `${found.length} dead letters have ids that start with ${idPrefix}.`,
      'Give more characters of the id.',
    );
  }
  return deadLetter;
}

/**
 * How many dead letters a scan has not received although they are in the queue; 0 if it was stopped. The counts
 * of SQS lag behind: only what both the count before and the count after show is counted.
 */
export function countNotReceived(
  scan: Pick<Scan, 'scanned' | 'held' | 'isComplete'>,
  before: QueueDepth,
  after: QueueDepth,
): number {
  if (!scan.isComplete) return 0;
  return Math.max(
    0,
    Math.min(totalMessages(before) - scan.scanned, totalMessages(after) - scan.held),
  );
}

/** The notes about dead letters that were not received. */
export function notReceivedText({
  inFlight,
  notReturned,
}: Pick<ReadResult, 'inFlight' | 'notReturned'>): string[] {
  return [
    ...(inFlight > 0
      ? [
          `${inFlight} more are in flight: another command received them. They are visible again within a minute.`,
        ]
      : []),
    ...(notReturned > 0
      ? [`${notReturned} more are in the queue, but SQS did not return them: run this again.`]
      : []),
  ];
}

/**
 * Without this check, "nothing to do" could be wrong.
 * @throws Failure if none matched and some were not received
 */
export function assertNothingMissed(found: ReadResult): void {
  const notReceived = found.inFlight + found.notReturned;
  if (found.deadLetters.length > 0 || notReceived === 0) return;
  throw new Failure(
    `No visible dead letter matches. ${notReceived} are in flight: run this again in a minute.`,
    'Another command, or one that was killed, received them. They are visible again within a minute.',
  );
}

/** All matching dead letters, or those received before the operator stops it. */
async function collectDeadLetters(
  scan: Pick<Scan, 'next'>,
  matches: (deadLetter: DeadLetter) => boolean,
  isStopped: () => boolean,
  onProgress: (scanned: number) => void,
): Promise<readonly DeadLetter[]> {
  const matching: DeadLetter[] = [];
  let scanned = 0;
  while (!isStopped()) {
    const deadLetters = await scan.next(collectBatchSize);
    if (deadLetters.length === 0) break;
    matching.push(...deadLetters.filter(matches));
    scanned += deadLetters.length;
    onProgress(scanned);
  }
  return matching;
}
