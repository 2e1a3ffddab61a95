import { SQSClient } from '@aws-sdk/client-sqs';
import { type QueueDepth, queueDepth, totalMessages } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import type { DeadLetter } from './dead-letter.ts';
import { type Scan, withScan } from './scan.ts';

/** What was found among the dead letters; all of it is given back. */
interface ReadResult {
  readonly deadLetters: readonly DeadLetter[];
  /** How many are there that were not seen, as they were in the hands of others. */
  readonly inFlight: number;
  /** How many more the queue tells of, that SQS did not hand over. */
  readonly notReturned: number;
}

/**
 * All dead letters that are wanted, with its progress told.
 * @throws Failure where AWS does not answer
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
 * The one dead letter whose id begins so; undefined where it was stopped.
 * @throws Failure where there is none, or more than one
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
}

/**
 * How many letters a walk has not met, although the queue tells of them; 0 where it has not come to its end. SQS's
 * numbers lag behind what we do ourselves: they count as far as those from before and from after agree.
 */
export function countNotReceived(
  scan: Pick<Scan, 'scanned' | 'received' | 'isComplete'>,
  before: QueueDepth,
  after: QueueDepth,
): number {
  if (!scan.isComplete()) return 0;
  return Math.max(
    0,
    Math.min(totalMessages(before) - scan.scanned(), totalMessages(after) - scan.received()),
  );
}

const inFlightNote =
  'in the hands of another command, or of one that was killed. They are back within a minute.';

/** What is to be said of dead letters that were not seen, a sentence for each kind. */
export function notReceivedText({
  inFlight,
  notReturned,
}: Pick<ReadResult, 'inFlight' | 'notReturned'>): string[] {
  return [
    ...(inFlight > 0 ? [`${inFlight} more hidden: ${inFlightNote}`] : []),
    ...(notReturned > 0
      ? [
          `${notReturned} more are told of by the queue, and SQS did not hand them over: run it again.`,
        ]
      : []),
  ];
}

/**
 * That there is nothing to do is not known where some were not seen.
 * @throws Failure where that is so and no letter was found
 */
export function assertNothingMissed(found: ReadResult): void {
  const notReceived = found.inFlight + found.notReturned;
  if (found.deadLetters.length > 0 || notReceived === 0) return;
  throw new Failure(
    `No dead letter is meant of those that can be seen; ${notReceived} cannot be just now.`,
    'They may be in the hands of another command, or of one that was killed: run it again in a minute.',
  );
}

/** All dead letters that are wanted, however many, until it is stopped. */
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
