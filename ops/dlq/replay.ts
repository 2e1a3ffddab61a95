import {
  BatchRequestTooLong,
  InvalidMessageContents,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { toBatches } from '../../shared/aws/sqs.ts';
import { replayAttributes } from '../../shared/messages/message.ts';
import type { Audit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Scan } from './scan.ts';

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

interface ReplayDeadLettersOptions {
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

/**
 * Moves the dead letters that are wanted to the queue of changes. Each is sent, noted and only then deleted,
 * so that an end at any point loses none: what was sent and not deleted is found in the notes by the next
 * run. What is sent twice all the same changes nothing, as any message may be applied any number of times.
 * What has died since it began is left to the next replay, whoever sent it: it would go round and round, and
 * between two replays at once for ever.
 * @throws what SQS or the disk throws; all that was in hand is still among the dead letters then
 */
export async function replayDeadLetters(options: ReplayDeadLettersOptions): Promise<ReplayCounts> {
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
    const matching = deadLetters.filter(
      (deadLetter) => !isFailedAgain(deadLetter) && matches(deadLetter),
    );
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
}

/** What the queue of changes made of letters. */
interface SendResult {
  readonly sent: readonly { readonly deadLetter: DeadLetter; readonly messageId?: string }[];
  readonly failed: readonly { readonly deadLetter: DeadLetter; readonly code?: string }[];
}

/**
 * Keeps a pace: `turn` resolves when so many more may go, on average no faster than the rate.
 * @param perSecond may be a fraction
 */
export function createRateLimiter(
  perSecond: number,
  now: () => number,
  sleep: (ms: number) => Promise<unknown>,
) {
  let nextFreeAt = now();
  return {
    throttle: async (count: number): Promise<void> => {
      const start = Math.max(nextFreeAt, now());
      nextFreeAt = start + (count / perSecond) * 1000;
      if (start > now()) await sleep(start - now());
    },
  };
}

function auditFields({ id, reason, source, ticket, task }: DeadLetter) {
  return {
    deadLetterId: id,
    reason,
    source,
    ticket,
    task,
  };
}

/** What SQS says of a whole request for the sake of a message that it will never take. */
function isMessageError(error: unknown): error is Error {
  return error instanceof BatchRequestTooLong || error instanceof InvalidMessageContents;
}

/**
 * Sends up to ten letters to the queue of changes, each marked with the replay that sends it. Where SQS will not
 * have them together each is sent alone, so that one of nearly the greatest length, which the mark makes too
 * long, holds up no other.
 * @throws what SQS throws where it is not for the sake of a letter
 */
async function sendDeadLetters(
  sqs: SQSClient,
  queueUrl: string,
  replayId: string,
  deadLetters: readonly DeadLetter[],
): Promise<SendResult> {
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: deadLetters.map(({ id, body, group }, index) => ({
      Id: String(index),
      MessageBody: body,
      ...(group !== undefined && { MessageGroupId: group }),
      MessageAttributes: replayAttributes({ replay: replayId, deadLetterId: id }),
    })),
  });
  try {
    const { Successful = [], Failed = [] } = await sqs.send(command);
    return {
      sent: Successful.flatMap(({ Id, MessageId }) => {
        const deadLetter = deadLetters[Number(Id)];
        return deadLetter === undefined
          ? []
          : [{ deadLetter, ...(MessageId && { messageId: MessageId }) }];
      }),
      failed: Failed.flatMap(({ Id, Code }) => {
        const deadLetter = deadLetters[Number(Id)];
        return deadLetter === undefined ? [] : [{ deadLetter, ...(Code && { code: Code }) }];
      }),
    };
  } catch (error) {
    if (!isMessageError(error)) throw error;
    if (deadLetters.length === 1) {
      return {
        sent: [],
        failed: deadLetters.map((deadLetter) => ({ deadLetter, code: error.name })),
      };
    }
    const results = await Promise.all(
      deadLetters.map((deadLetter) => sendDeadLetters(sqs, queueUrl, replayId, [deadLetter])),
    );
    return {
      sent: results.flatMap(({ sent }) => sent),
      failed: results.flatMap(({ failed }) => failed),
    };
  }
}
