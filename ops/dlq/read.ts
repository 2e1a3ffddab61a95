import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions, type QueueDepth, queueDepth, totalMessages } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import type { DeadLetter } from './dead-letter.ts';
import { type DlqQueue, isOfSync } from './queue.ts';
import { type Scan, withScan } from './scan.ts';

/** Messages of a queue that were not received. */
interface NotReceived {
  /** Messages that another command or sync has received. */
  inFlight: number;
  /** Messages that are in the queue, but that SQS did not return. */
  notReturned: number;
}

/**
 * Reads all messages of a queue, with a progress display, and passes each to a function. It keeps none of them. At
 * the end they are visible again.
 * @returns undefined if the operator stopped it before it started
 * @throws Failure if an AWS request fails
 */
export function readMessages(
  { aws }: Pick<Deployment, 'aws'>,
  queue: DlqQueue,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
  onMessage: (deadLetter: DeadLetter) => void,
): Promise<NotReceived | undefined> {
  const sqs = new SQSClient(awsClientOptions(aws.sqs));
  return withScan(sqs, queue, stop, async (scan, before) => {
    const progress = context.progress({ label: 'Reading', total: before.visible });
    try {
      await forEachMessage(scan, stop, progress.update, onMessage);
      if (stop.aborted) return { inFlight: before.inFlight, notReturned: 0 };
      const after = await queueDepth(sqs, queue.url, stop);
      const notReceived = countNotReceived(scan, before, after);
      const inFlight = Math.min(before.inFlight, notReceived);
      return { inFlight, notReturned: notReceived - inFlight };
    } finally {
      progress.end();
    }
  });
}

const readBatchSize = 80;

/**
 * Finds the message whose id starts with a text. Undefined if the operator stops it.
 * @throws Failure if there is none, or more than one
 */
export async function findDeadLetter(
  scan: Pick<Scan, 'next'>,
  { name, one, many }: Pick<DlqQueue, 'name' | 'one' | 'many'>,
  idPrefix: string,
  deploymentOption: string,
  stop: AbortSignal,
): Promise<DeadLetter | undefined> {
  const found: DeadLetter[] = [];
  await forEachMessage(
    scan,
    stop,
    () => {},
    (deadLetter) => {
      if (deadLetter.id.startsWith(idPrefix)) found.push(deadLetter);
    },
  );
  if (stop.aborted) return undefined;
  const [deadLetter] = found;
  if (deadLetter === undefined) {
    const queueOption = name === 'dead-letters' ? '' : ` --queue ${name}`;
    throw new Failure(
      `No ${one} has an id that starts with ${idPrefix}.`,
      `npm run ops -- dlq list ${deploymentOption} --each${queueOption} shows the ids. A ${one} that another command received is visible again within minutes.`,
    );
  }
  if (found.length > 1) {
    throw new Failure(
      `${found.length} ${many} have ids that start with ${idPrefix}.`,
      'Give more characters of the id.',
    );
  }
  return deadLetter;
}

/**
 * How many dead letters are in the queue but were not received. 0 if the scan was stopped. The counts of SQS lag
 * behind, so only dead letters count that are in the counts before and after the scan.
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

/** The notes about messages that were not received. */
export function notReceivedText(
  { inFlight, notReturned }: NotReceived,
  { name }: Pick<DlqQueue, 'name'>,
): string[] {
  if (isOfSync(name)) {
    const hidden = inFlight + notReturned;
    return hidden === 0 ? [] : [`${hidden} more ${hiddenChangesText}.`];
  }
  return [
    ...(inFlight > 0
      ? [
          `${inFlight} more are in flight: another command received them. They are visible again within minutes.`,
        ]
      : []),
    ...(notReturned > 0
      ? [`${notReturned} more are in the queue, but SQS did not return them: run this again.`]
      : []),
  ];
}

/** The second part of a sentence. SQS does not say which of the two it is. */
const hiddenChangesText =
  'wait for a retry or are delayed, up to an hour: SQS does not return them';

/**
 * Throws if "nothing to do" could be wrong.
 * @param matching how many messages match
 * @throws Failure if none matched and some were not received
 */
export function assertNothingMissed(
  matching: number,
  { inFlight, notReturned }: NotReceived,
  { name, one }: Pick<DlqQueue, 'name' | 'one'>,
): void {
  const notReceived = inFlight + notReturned;
  if (matching > 0 || notReceived === 0) return;
  if (isOfSync(name)) {
    throw new Failure(
      `No visible ${one} matches. ${notReceived} ${hiddenChangesText}.`,
      'Run this again later, while sync is paused.',
    );
  }
  throw new Failure(
    `No visible ${one} matches. ${notReceived} are in flight: run this again in a minute.`,
    'Another command, or one that was killed, received them. They are visible again within minutes.',
  );
}

/** Passes all messages of a scan to a function. If the operator stops it, only the messages received before. */
async function forEachMessage(
  scan: Pick<Scan, 'next'>,
  stop: AbortSignal,
  onProgress: (scanned: number) => void,
  onMessage: (deadLetter: DeadLetter) => void,
): Promise<void> {
  let scanned = 0;
  while (!stop.aborted) {
    const deadLetters = await scan.next(readBatchSize);
    if (deadLetters.length === 0) break;
    for (const deadLetter of deadLetters) onMessage(deadLetter);
    scanned += deadLetters.length;
    onProgress(scanned);
  }
}
