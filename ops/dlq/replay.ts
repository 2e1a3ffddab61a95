import { toBatches } from '../../shared/aws/sqs.ts';
import type { Audit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Scan } from './scan.ts';
import type { SendResult } from './send-dead-letters.ts';

export interface ReplayCounts {
  /** How many were sent. */
  sent: number;
  /** How many different tickets the sent messages are about. */
  tickets: number;
  /** How many an earlier, killed run had sent, and this run deleted. */
  resumed: number;
  /** How many were received and did not match. */
  skipped: number;
  /** How many matched and are still dead letters, because they were not accepted or SQS did not delete them. */
  failed: number;
  /** The failed ones, counted by error. */
  failures: Readonly<Record<string, number>>;
}

interface ReplayOptions {
  /** Sends up to ten dead letters. */
  send: (deadLetters: readonly DeadLetter[]) => Promise<SendResult>;
  scan: Pick<Scan, 'next' | 'remove' | 'isDeleted'>;
  replayId: string;
  matches: (deadLetter: DeadLetter) => boolean;
  /** Ids of dead letters that only need to be deleted: see `sentButNotDeleted`. */
  alreadySent: ReadonlySet<string>;
  audit: Pick<Audit, 'write'>;
  /**
   * Waits for some time. Resolves to whether dead letters that another command has received may still become
   * visible.
   */
  waitForInFlight: () => Promise<boolean>;
  /** Resolves when `count` more messages may be sent. */
  throttle: (count: number) => Promise<void>;
  /** How many dead letters to receive at a time. */
  batchSize: number;
  /** How many requests to send at the same time, with ten dead letters each. */
  parallelSends: number;
  /** The most dead letters to send. */
  limit?: number | undefined;
  isStopped: () => boolean;
  onProgress: (counts: ReplayCounts) => void;
  /** The time in milliseconds since 1970. It is never before the clock of SQS. */
  now: () => number;
}

/**
 * Moves the matching dead letters to the queue, several batches at the same time. Each dead letter is sent, written
 * to the audit, and only then deleted. So a kill at any time loses none: the next run finds in the audit which were
 * sent and not deleted. A message that is sent twice changes nothing.
 *
 * A message that becomes a dead letter again after the start is left to the next replay. Otherwise one replay, or
 * two at the same time, could go on without end.
 * @throws an error of SQS or of the disk, after all batches have ended. Then the held messages stay in the dead-letter
 * queue
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<ReplayCounts> {
  const { scan, replayId, matches, alreadySent, isStopped, onProgress } = options;
  const { limit = Number.POSITIVE_INFINITY } = options;
  const counts = { sent: 0, resumed: 0, skipped: 0, failed: 0 };
  const tickets = new Set<string>();
  const failures: Record<string, number> = {};
  const currentCounts = (): ReplayCounts => ({ ...counts, tickets: tickets.size, failures });
  const countFailure = (error: string): void => {
    counts.failed += 1;
    failures[error] = (failures[error] ?? 0) + 1;
  };
  const startedAt = options.now();
  // SQS keeps the SentTimestamp of a message that it moved itself: the time it was sent to the queue.
  const isFailedAgain = (deadLetter: DeadLetter): boolean =>
    deadLetter.replay === replayId || deadLetter.sentAt > startedAt;

  const batches = createBatchRunner(options.parallelSends);
  /** How many were passed to a batch and not rejected by SQS. */
  let begun = 0;
  const finish = async (deadLetters: readonly DeadLetter[]): Promise<number> => {
    const deleted = await deleteWithAudit(options, deadLetters);
    for (let left = deadLetters.length - deleted; left > 0; left -= 1) countFailure('not deleted');
    return deleted;
  };
  const resume = async (deadLetters: readonly DeadLetter[]): Promise<void> => {
    counts.resumed += await finish(deadLetters);
    onProgress(currentCounts());
  };
  const move = async (deadLetters: readonly DeadLetter[]): Promise<void> => {
    const { sent, failed } = await sendWithAudit(options, deadLetters);
    begun -= deadLetters.length - sent.length;
    counts.sent += sent.length;
    for (const { deadLetter } of sent) {
      if (deadLetter.ticket !== undefined) tickets.add(deadLetter.ticket);
    }
    for (const { code = 'unknown error' } of failed) countFailure(code);
    await finish(sent.map(({ deadLetter }) => deadLetter));
    onProgress(currentCounts());
  };

  try {
    while (!isStopped() && !batches.hasFailed()) {
      if (begun >= limit) await batches.drain();
      if (begun >= limit) break;
      const deadLetters = await scan.next(options.batchSize);
      if (deadLetters.length === 0) {
        await batches.drain();
        if (!batches.hasFailed() && (await options.waitForInFlight())) continue;
        break;
      }
      const matching = deadLetters.filter((each) => !isFailedAgain(each) && matches(each));
      counts.skipped += deadLetters.length - matching.length;
      onProgress(currentCounts());

      const resumed = matching.filter(({ id }) => alreadySent.has(id));
      if (resumed.length > 0) await batches.start(() => resume(resumed));
      const unsent = matching.filter(({ id }) => !alreadySent.has(id));
      for (const batch of toBatches(unsent, ({ body }) => Buffer.byteLength(body))) {
        const withinLimit = batch.slice(0, limit - begun);
        if (withinLimit.length === 0 || isStopped()) break;
        await options.throttle(withinLimit.length);
        if (isStopped()) break;
        begun += withinLimit.length;
        await batches.start(() => move(withinLimit));
      }
    }
  } finally {
    await batches.drain();
  }
  batches.throwFailure();
  return currentCounts();
}

/** Runs up to `parallel` batches at the same time. After the first failure, no other starts. */
function createBatchRunner(parallel: number) {
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  return {
    hasFailed: () => failure !== undefined,
    throwFailure: (): void => {
      if (failure !== undefined) throw failure.error;
    },
    /** Starts a batch when fewer than `parallel` batches run. */
    start: async (batch: () => Promise<void>): Promise<void> => {
      while (running.size >= parallel) await Promise.race(running);
      if (failure !== undefined) return;
      const run = batch()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => void running.delete(run));
      running.add(run);
    },
    /** Waits until no batch runs. */
    drain: async (): Promise<void> => {
      await Promise.all(running);
    },
  };
}

async function sendWithAudit(
  { send, audit, now }: ReplayOptions,
  deadLetters: readonly DeadLetter[],
): Promise<SendResult> {
  const result = await send(deadLetters);
  const { sent, failed } = result;
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
  return result;
}

/** @returns how many dead letters SQS deleted */
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
