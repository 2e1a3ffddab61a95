import type { SQSClient } from '@aws-sdk/client-sqs';
import { toBatches } from '../../shared/queue/request-chunks.ts';
import type { Audit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Scan } from './letters.ts';
import { sendDeadLetters } from './post-letters.ts';

/** How far it has got. */
export interface ReplayCounts {
  /** Sent to the queue of changes. */
  readonly sent: number;
  /** Sent by an earlier run that was killed, and gone now. */
  readonly resumed: number;
  /** Looked at, and not meant. */
  readonly skipped: number;
  /** Meant, and still among the dead letters: SQS did not take them, or did not let them go. */
  readonly failed: number;
}

export interface ReplayDeadLettersOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly scan: Pick<Scan, 'next' | 'remove' | 'isDeleted'>;
  readonly replayId: string;
  readonly matches: (deadLetter: DeadLetter) => boolean;
  /** Letters that need not be sent any more: see `sentButNotDeleted`. */
  readonly alreadySent: ReadonlySet<string>;
  readonly audit: Pick<Audit, 'write'>;
  /**
   * Whether letters that somebody else held when all began may still come back. Resolves after a while, in
   * which they may have.
   */
  readonly waitForInFlight: () => Promise<boolean>;
  /** Resolves when so many more may be sent. */
  readonly throttle: (count: number) => Promise<void>;
  /** How many letters to have in hand at a time. */
  readonly batchSize: number;
  /** How many to send at the most. */
  readonly limit?: number | undefined;
  readonly isStopped: () => boolean;
  readonly onProgress: (replayed: ReplayCounts) => void;
  /** Milliseconds since 1970, by SQS's clock and not before it. */
  readonly now: () => number;
}

const auditFields = ({ id, reason, source, ticket, task }: DeadLetter) => ({
  deadLetterId: id,
  reason,
  source,
  ticket,
  task,
});

/**
 * Moves the dead letters that are wanted to the queue of changes. Each is sent, noted and only then deleted,
 * so that an end at any point loses none: what was sent and not deleted is found in the notes by the next
 * run. What is sent twice all the same changes nothing, as any message may be applied any number of times.
 * What has died since it began is left to the next replay, whoever sent it: it would go round and round, and
 * between two replays at once for ever.
 * @throws what SQS or the disk throws; all that was in hand is still among the dead letters then
 */
export const replayDeadLetters = async (options: ReplayDeadLettersOptions): Promise<ReplayCounts> => {
  const { sqs, queueUrl, scan, replayId, matches, audit, now, alreadySent, onProgress } = options;
  const { limit = Number.POSITIVE_INFINITY, isStopped } = options;
  const counts = { sent: 0, resumed: 0, skipped: 0, failed: 0 };
  const at = () => new Date(now()).toISOString();
  const startedAt = now();
  // The time of one that SQS itself moved is when it was sent to the queue of changes, before it died there.
  const isFailedAgain = (deadLetter: DeadLetter): boolean =>
    deadLetter.replay === replayId || deadLetter.sentAt > startedAt;

  const send = async (deadLetters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> => {
    const { sent, failed } = await sendDeadLetters(sqs, queueUrl, replayId, deadLetters);
    await audit.write([
      ...sent.map(({ deadLetter, messageId }) => ({
        at: at(),
        event: 'sent',
        ...auditFields(deadLetter),
        messageId,
      })),
      ...failed.map(({ deadLetter, code }) => ({
        at: at(),
        event: 'not-sent',
        ...auditFields(deadLetter),
        code,
      })),
    ]);
    return sent.map(({ deadLetter }) => deadLetter);
  };

  const remove = async (deadLetters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> => {
    await scan.remove(deadLetters);
    const deleted = deadLetters.filter(scan.isDeleted);
    const notDeleted = deadLetters.filter((deadLetter) => !scan.isDeleted(deadLetter));
    await audit.write([
      ...deleted.map(({ id }) => ({ at: at(), event: 'deleted', deadLetterId: id })),
      ...notDeleted.map(({ id }) => ({ at: at(), event: 'not-deleted', deadLetterId: id })),
    ]);
    return deleted;
  };

  const move = async (deadLetters: readonly DeadLetter[]): Promise<void> => {
    await options.throttle(deadLetters.length);
    if (isStopped()) return;
    const sent = await send(deadLetters);
    counts.sent += sent.length;
    const deleted = await remove(sent);
    counts.failed += deadLetters.length - deleted.length;
  };

  const deleteAlreadySent = async (deadLetters: readonly DeadLetter[]): Promise<void> => {
    const deleted = deadLetters.length === 0 ? [] : await remove(deadLetters);
    counts.resumed += deleted.length;
    counts.failed += deadLetters.length - deleted.length;
  };

  while (!isStopped() && counts.sent < limit) {
    const deadLetters = await scan.next(options.batchSize);
    if (deadLetters.length === 0) {
      if (await options.waitForInFlight()) continue;
      break;
    }
    const matching = deadLetters.filter((deadLetter) => !isFailedAgain(deadLetter) && matches(deadLetter));
    counts.skipped += deadLetters.length - matching.length;
    await deleteAlreadySent(matching.filter(({ id }) => alreadySent.has(id)));
    const unsent = matching.filter(({ id }) => !alreadySent.has(id));
    for (const chunk of toBatches(unsent, ({ body }) => Buffer.byteLength(body))) {
      const withinLimit = chunk.slice(0, limit - counts.sent);
      if (withinLimit.length > 0 && !isStopped()) await move(withinLimit);
      onProgress({ ...counts });
    }
    onProgress({ ...counts });
  }
  return counts;
};
