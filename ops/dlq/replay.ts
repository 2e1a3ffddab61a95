import type { SQSClient } from '@aws-sdk/client-sqs';
import { toBatches } from '../../shared/aws/sqs.ts';
import type { Audit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Scan } from './scan.ts';
import { sendDeadLetters } from './send-dead-letters.ts';

export interface ReplayCounts {
  /** Sent to the queue. */
  sent: number;
  /** Sent by an earlier run that was killed, and deleted by this one. */
  resumed: number;
  /** Received, but not matching. */
  skipped: number;
  /** Matching, but still dead letters: SQS did not accept them, or did not delete them. */
  failed: number;
}

interface ReplayOptions {
  sqs: SQSClient;
  queueUrl: string;
  scan: Pick<Scan, 'next' | 'remove' | 'isDeleted'>;
  replayId: string;
  matches: (deadLetter: DeadLetter) => boolean;
  /** Ids of dead letters that only have to be deleted: see `sentButNotDeleted`. */
  alreadySent: ReadonlySet<string>;
  audit: Pick<Audit, 'write'>;
  /** Waits a while; resolves to whether dead letters in flight elsewhere may still become visible. */
  waitForInFlight: () => Promise<boolean>;
  /** Resolves when so many more messages may be sent. */
  throttle: (count: number) => Promise<void>;
  /** How many dead letters to hold at a time. */
  batchSize: number;
  /** The most to send. */
  limit?: number | undefined;
  isStopped: () => boolean;
  onProgress: (counts: ReplayCounts) => void;
  /** Milliseconds since 1970, not before the clock of SQS. */
  now: () => number;
}

/**
 * Moves the matching dead letters to the queue. Each is sent, written to the audit and only then deleted, so
 * that a kill at any point loses none: the next run finds in the audit what was sent and not deleted. A
 * message that is sent twice changes nothing.
 *
 * A message that becomes a dead letter again after the start is left to the next replay.
 * Otherwise one replay could go on for ever, or two at the same time.
 * @throws an error of SQS or of the disk; what was held stays in the dead-letter queue then
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<ReplayCounts> {
  const { scan, replayId, matches, alreadySent, isStopped, onProgress } = options;
  const { limit = Number.POSITIVE_INFINITY } = options;
  const counts = { sent: 0, resumed: 0, skipped: 0, failed: 0 };
  const startedAt = options.now();
  // SQS keeps the SentTimestamp of a message that it moved itself: the time it was sent to the queue.
  const isFailedAgain = (deadLetter: DeadLetter): boolean =>
    deadLetter.replay === replayId || deadLetter.sentAt > startedAt;

  while (!isStopped() && counts.sent < limit) {
    const deadLetters = await scan.next(options.batchSize);
    if (deadLetters.length === 0) {
      if (await options.waitForInFlight()) continue;
      break;
    }
    const matching = deadLetters.filter((each) => !isFailedAgain(each) && matches(each));
    counts.skipped += deadLetters.length - matching.length;

    const resumed = matching.filter(({ id }) => alreadySent.has(id));
    const resumedCount = await deleteWithAudit(options, resumed);
    counts.resumed += resumedCount;
    counts.failed += resumed.length - resumedCount;

    const unsent = matching.filter(({ id }) => !alreadySent.has(id));
    for (const batch of toBatches(unsent, ({ body }) => Buffer.byteLength(body))) {
      const withinLimit = batch.slice(0, limit - counts.sent);
      if (withinLimit.length === 0 || isStopped()) break;
      await options.throttle(withinLimit.length);
      if (isStopped()) break;
      const sent = await sendWithAudit(options, withinLimit);
      counts.sent += sent.length;
      counts.failed += withinLimit.length - (await deleteWithAudit(options, sent));
      onProgress({ ...counts });
    }
    onProgress({ ...counts });
  }
  return counts;
}

/** @returns those that the queue accepted */
async function sendWithAudit(
  { sqs, queueUrl, replayId, audit, now }: ReplayOptions,
  deadLetters: readonly DeadLetter[],
): Promise<readonly DeadLetter[]> {
  const { sent, failed } = await sendDeadLetters(sqs, queueUrl, replayId, deadLetters);
  const at = new Date(now()).toISOString();
  await audit.write([
    ...sent.map(({ deadLetter, messageId }) => ({
      at,
      event: 'sent',
      ...auditFields(deadLetter),
      messageId,
    })),
    ...failed.map(({ deadLetter, code }) => ({
      at,
      event: 'not-sent',
      ...auditFields(deadLetter),
      code,
    })),
  ]);
  return sent.map(({ deadLetter }) => deadLetter);
}

/** @returns how many SQS deleted */
async function deleteWithAudit(
  { scan, audit, now }: ReplayOptions,
  deadLetters: readonly DeadLetter[],
): Promise<number> {
  if (deadLetters.length === 0) return 0;
  await scan.remove(deadLetters);
  const at = new Date(now()).toISOString();
  const lines = deadLetters.map((each) => ({
    at,
    event: scan.isDeleted(each) ? 'deleted' : 'not-deleted',
    deadLetterId: each.id,
  }));
  await audit.write(lines);
  return lines.filter(({ event }) => event === 'deleted').length;
}

function auditFields({ id, reason, source, ticket, task }: DeadLetter) {
  return { deadLetterId: id, reason, source, ticket, task };
}
