import type { SQSClient } from '@aws-sdk/client-sqs';
import { type QueueDepth, queueDepth, toAwsFailure } from '../aws.ts';
import type { DeadLetter } from './dead-letter.ts';
import {
  changeVisibility,
  deleteMessages,
  messagesPerRequest,
  parallelRequests,
  type Queue,
  type Receipt,
  receiveMessages,
} from './queue-requests.ts';

/**
 * The visibility timeout of messages that a scan holds, in seconds. If the command is killed, they are visible
 * again after it; while it runs, the scan extends it.
 */
export const scanVisibilitySeconds = 60;

/**
 * Reads the dead letters with a scan, keeps them in flight meanwhile, and makes them visible again at the end,
 * however it ends.
 * @param work gets the scan, and the depth of the queue before it
 * @throws Failure if an AWS request fails
 */
export async function withScan<Result>(
  sqs: SQSClient,
  deadLetterQueueUrl: string,
  work: (scan: Scan, depth: QueueDepth) => Promise<Result>,
  visibilitySeconds = scanVisibilitySeconds,
): Promise<Result> {
  const scan = new Scan(sqs, deadLetterQueueUrl, visibilitySeconds);
  const timer = setInterval(() => void scan.extendVisibility(), (visibilitySeconds * 1000) / 4);
  try {
    return await work(scan, await queueDepth(sqs, deadLetterQueueUrl));
  } catch (error) {
    throw toAwsFailure(error, 'Reading the dead-letter queue', visibleAgainNote);
  } finally {
    clearInterval(timer);
    await scan.close();
  }
}

const visibleAgainNote = 'The received messages are visible again within a minute.';

/** Long enough for SQS to ask all of its servers. */
const longPollSeconds = 1;

/**
 * A scan of the dead-letter queue that returns each message once. Messages can only be read by receiving them,
 * so the scan holds them: they stay in flight until they are deleted or the scan is closed.
 */
export class Scan {
  readonly #queue: Queue;
  readonly #visibilitySeconds: number;
  /** Received and not deleted, by message id. */
  readonly #held = new Map<string, Receipt & { hiddenUntil: number }>();
  readonly #deletedIds = new Set<string>();
  /** Received, but not returned by `next` yet. */
  readonly #buffer: DeadLetter[] = [];
  #scanned = 0;
  #repeated = 0;
  #isComplete = false;
  #extending: Promise<unknown> = Promise.resolve();

  constructor(sqs: SQSClient, queueUrl: string, visibilitySeconds = scanVisibilitySeconds) {
    this.#queue = { sqs, queueUrl };
    this.#visibilitySeconds = visibilitySeconds;
  }

  /** How many messages the scan holds now. */
  get held(): number {
    return this.#held.size;
  }

  /** How many messages the scan has received in all. */
  get scanned(): number {
    return this.#scanned;
  }

  /** Whether SQS had no other message to return. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Returns up to `max` messages that it has not returned before; none if SQS has no others. It receives as
   * many as SQS returns at once, so that a slow scan need not receive the same ones again and again.
   */
  async next(max: number): Promise<readonly DeadLetter[]> {
    while (this.#buffer.length === 0) {
      const messages = await this.#receive(max);
      const reappeared = this.#hold(messages);
      // SQS may return a message once more after it was deleted.
      if (reappeared.length > 0) await this.remove(reappeared);
      this.#scanned += this.#buffer.length;
      this.#repeated = this.#buffer.length > 0 ? 0 : this.#repeated + messages.length;
      // Held messages may come back all the same: once all of them have, there are no others.
      this.#isComplete =
        messages.length === 0 || this.#repeated > this.#held.size + messagesPerRequest;
      if (this.#isComplete) break;
    }
    return this.#buffer.splice(0, max);
  }

  /** Deletes messages permanently. Those that SQS does not delete stay held. */
  async remove(deadLetters: readonly DeadLetter[]): Promise<void> {
    const receipts = deadLetters.map(
      ({ id, receiptHandle }) => this.#held.get(id) ?? { id, handle: receiptHandle },
    );
    for (const { id } of await deleteMessages(this.#queue, receipts)) {
      this.#held.delete(id);
      this.#deletedIds.add(id);
    }
  }

  /** Whether this scan has deleted a message. */
  isDeleted({ id }: DeadLetter): boolean {
    return this.#deletedIds.has(id);
  }

  /**
   * Extends the visibility timeout of held messages when half of it is over. Call it more often than that: SQS
   * may return the oldest messages first, and those that became visible again would hide the others.
   */
  extendVisibility(): Promise<unknown> {
    this.#extending = this.#extending.then(() => {
      const halfTimeFromNow = Date.now() + (this.#visibilitySeconds * 1000) / 2;
      const due = [...this.#held.values()].filter(
        ({ hiddenUntil }) => hiddenUntil <= halfTimeFromNow,
      );
      return this.#setVisibility(due, this.#visibilitySeconds);
    });
    return this.#extending;
  }

  /** Makes all held messages visible again. If SQS fails, they are visible again within a minute. */
  async close(): Promise<void> {
    await this.#extending;
    await this.#setVisibility([...this.#held.values()], 0);
    this.#held.clear();
  }

  async #receive(max: number): Promise<readonly DeadLetter[]> {
    const requests = Math.min(parallelRequests, Math.ceil(max / messagesPerRequest));
    const receive = (waitSeconds: number) =>
      receiveMessages(this.#queue, this.#visibilitySeconds, waitSeconds);
    const received = await Promise.all(Array.from({ length: requests }, () => receive(0)));
    const messages = received.flat();
    return messages.length > 0 ? messages : receive(longPollSeconds);
  }

  /** Holds received messages, and buffers the new ones. Returns those that were deleted before. */
  #hold(messages: readonly DeadLetter[]): readonly DeadLetter[] {
    const hiddenUntil = Date.now() + this.#visibilitySeconds * 1000;
    return messages.filter((deadLetter) => {
      const { id, receiptHandle: handle } = deadLetter;
      if (this.#deletedIds.has(id)) return true;
      if (!this.#held.has(id)) this.#buffer.push(deadLetter);
      this.#held.set(id, { id, handle, hiddenUntil });
      return false;
    });
  }

  async #setVisibility(receipts: readonly Receipt[], seconds: number): Promise<void> {
    for (const changed of await changeVisibility(this.#queue, receipts, seconds)) {
      if (this.#held.get(changed.id)?.handle === changed.handle)
        this.#held.set(changed.id, changed);
    }
  }
}
