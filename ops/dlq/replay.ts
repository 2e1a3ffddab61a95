import type { SQSClient } from '@aws-sdk/client-sqs';
import { toBatches } from '../../shared/queue/request-chunks.ts';
import type { Audit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Walk } from './letters.ts';
import { postLetters } from './post-letters.ts';

/** How far it has got. */
export interface Replayed {
  /** Sent to the queue of changes. */
  readonly sent: number;
  /** Sent by an earlier run that was killed, and gone now. */
  readonly finished: number;
  /** Looked at, and not meant. */
  readonly passedOver: number;
  /** Meant, and still among the dead letters: SQS did not take them, or did not let them go. */
  readonly failed: number;
}

export interface ReplayOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly walk: Pick<Walk, 'next' | 'remove' | 'isRemoved'>;
  readonly replay: string;
  readonly wants: (letter: DeadLetter) => boolean;
  /** Letters that need not be sent any more: see `sentButNotDeleted`. */
  readonly alreadySent: ReadonlySet<string>;
  readonly audit: Pick<Audit, 'write'>;
  /**
   * Whether letters that somebody else held when all began may still come back. Resolves after a while, in
   * which they may have.
   */
  readonly mayComeBack: () => Promise<boolean>;
  /** Resolves when so many more may be sent. */
  readonly turn: (count: number) => Promise<void>;
  /** How many letters to have in hand at a time. */
  readonly inHand: number;
  /** How many to send at the most. */
  readonly limit?: number | undefined;
  readonly isStopped: () => boolean;
  readonly onProgress: (replayed: Replayed) => void;
  /** Milliseconds since 1970, by SQS's clock and not before it. */
  readonly now: () => number;
}

const toldOf = ({ id, reason, source, ticket, task }: DeadLetter) => ({
  letter: id,
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
export const replayLetters = async (options: ReplayOptions): Promise<Replayed> => {
  const { sqs, queueUrl, walk, replay, wants, audit, now, alreadySent, onProgress } = options;
  const { limit = Number.POSITIVE_INFINITY, isStopped } = options;
  const counts = { sent: 0, finished: 0, passedOver: 0, failed: 0 };
  const at = () => new Date(now()).toISOString();
  const began = now();
  // The time of one that SQS itself moved is when it was sent to the queue of changes, before it died there.
  const isDeadSince = (letter: DeadLetter): boolean =>
    letter.replay === replay || letter.sentAt > began;

  const send = async (letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> => {
    const { taken, refused } = await postLetters(sqs, queueUrl, replay, letters);
    await audit.write([
      ...taken.map(({ letter, messageId }) => ({
        at: at(),
        event: 'sent',
        ...toldOf(letter),
        messageId,
      })),
      ...refused.map(({ letter, code }) => ({
        at: at(),
        event: 'not-sent',
        ...toldOf(letter),
        code,
      })),
    ]);
    return taken.map(({ letter }) => letter);
  };

  const remove = async (letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> => {
    await walk.remove(letters);
    const gone = letters.filter(walk.isRemoved);
    const left = letters.filter((letter) => !walk.isRemoved(letter));
    await audit.write([
      ...gone.map(({ id }) => ({ at: at(), event: 'deleted', letter: id })),
      ...left.map(({ id }) => ({ at: at(), event: 'not-deleted', letter: id })),
    ]);
    return gone;
  };

  const move = async (letters: readonly DeadLetter[]): Promise<void> => {
    await options.turn(letters.length);
    if (isStopped()) return;
    const taken = await send(letters);
    counts.sent += taken.length;
    const gone = await remove(taken);
    counts.failed += letters.length - gone.length;
  };

  const finish = async (letters: readonly DeadLetter[]): Promise<void> => {
    const gone = letters.length === 0 ? [] : await remove(letters);
    counts.finished += gone.length;
    counts.failed += letters.length - gone.length;
  };

  while (!isStopped() && counts.sent < limit) {
    const letters = await walk.next(options.inHand);
    if (letters.length === 0) {
      if (await options.mayComeBack()) continue;
      break;
    }
    const wanted = letters.filter((letter) => !isDeadSince(letter) && wants(letter));
    counts.passedOver += letters.length - wanted.length;
    await finish(wanted.filter(({ id }) => alreadySent.has(id)));
    const rest = wanted.filter(({ id }) => !alreadySent.has(id));
    for (const some of toBatches(rest, ({ body }) => Buffer.byteLength(body))) {
      const within = some.slice(0, limit - counts.sent);
      if (within.length > 0 && !isStopped()) await move(within);
      onProgress({ ...counts });
    }
    onProgress({ ...counts });
  }
  return counts;
};
