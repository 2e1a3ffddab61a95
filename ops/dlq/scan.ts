import type { SQSClient } from '@aws-sdk/client-sqs';
import { type QueueDepth, queueDepth, toAwsFailure, totalMessages } from '../aws.ts';
import { formatDuration } from '../text.ts';
import { CompactSet, HeldReceipts } from './bounded-memory.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DlqQueue } from './queue.ts';
import {
  changeVisibility,
  deleteMessages,
  messagesPerRequest,
  parallelRequests,
  type Queue,
  receiveMessages,
} from './queue-requests.ts';

/**
 * The visibility timeout of messages that a scan holds, in seconds: a minute, and one more for each 10,000
 * messages, so that SQS has time for all extensions. While the command runs, the scan extends the timeout. If the
 * command is killed, the messages are visible again after it.
 */
export function scanVisibilitySeconds(depth: QueueDepth): number {
  return 60 * (1 + Math.floor(totalMessages(depth) / 10_000));
}

/**
 * Reads the messages of a queue with a scan. It keeps them in flight while `work` runs. At the end, also after an
 * error, it makes them visible again.
 * @param work gets the scan, and the depth of the queue before it
 * @returns undefined if the operator stopped it before the work started
 * @throws Failure if an AWS request fails
 */
export async function withScan<Result>(
  sqs: SQSClient,
  queue: Pick<DlqQueue, 'url' | 'read' | 'many'>,
  stop: AbortSignal,
  work: (scan: Scan, depth: QueueDepth) => Promise<Result>,
): Promise<Result | undefined> {
  const action = `Reading the ${queue.many}`;
  const depth = await queueDepth(sqs, queue.url, stop).catch((error) => {
    if (stop.aborted) return undefined;
    throw toAwsFailure(error, action);
  });
  if (depth === undefined) return undefined;
  const visibilitySeconds = scanVisibilitySeconds(depth);
  const scan = new Scan({ sqs, queueUrl: queue.url, read: queue.read }, stop, visibilitySeconds);
  const timer = setInterval(() => void scan.extendVisibility(), (visibilitySeconds * 1000) / 4);
  try {
    return await work(scan, depth);
  } catch (error) {
    const span = formatDuration(visibilitySeconds * 1000);
    throw toAwsFailure(error, action, `The received messages are visible again within ${span}.`);
  } finally {
    clearInterval(timer);
    await scan.close();
  }
}

/** This is long enough for SQS to ask all of its servers. */
const longPollSeconds = 1;

/**
 * A scan of a queue. It returns each message once. A message can only be read by receiving it. So the scan holds
 * the messages: they stay in flight until they are deleted or the scan is closed.
 */
export class Scan {
  readonly #queue: Queue;
  readonly #visibilitySeconds: number;
  readonly #stop: AbortSignal;
  readonly #receivedIds = new CompactSet();
  readonly #deletedIds = new CompactSet();
  readonly #receipts = new HeldReceipts();
  /** Messages that were received, and that `next` has not returned yet. */
  readonly #buffer: DeadLetter[] = [];
  #scanned = 0;
  #repeated = 0;
  #isComplete = false;
  #extending: Promise<unknown> = Promise.resolve();

  /** @param stop makes the scan return no more messages */
  constructor(queue: Queue, stop: AbortSignal, visibilitySeconds: number) {
    this.#queue = queue;
    this.#stop = stop;
    this.#visibilitySeconds = visibilitySeconds;
  }

  /** How many messages the scan holds now. */
  get held(): number {
    return this.#receivedIds.size - this.#deletedIds.size;
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
   * Returns up to `max` messages that it has not returned before. Empty if SQS has no others. It receives as many
   * as SQS returns at once, so that a slow scan does not receive the same messages again and again.
   */
  async next(max: number): Promise<readonly DeadLetter[]> {
    while (this.#buffer.length === 0) {
      const messages = await this.#receive(max);
      if (this.#stop.aborted && messages.length === 0) break;
      const reappeared = this.#hold(messages);
      await this.#receipts.spill();
      // SQS may return a message once more after it was deleted.
      if (reappeared.length > 0) await this.remove(reappeared);
      this.#scanned += this.#buffer.length;
      this.#repeated = this.#buffer.length > 0 ? 0 : this.#repeated + messages.length;
      // Held messages may still come back. If all of them have come back, there are no others.
      this.#isComplete = messages.length === 0 || this.#repeated > this.held + messagesPerRequest;
      if (this.#isComplete) break;
    }
    return this.#buffer.splice(0, max);
  }

  /** Deletes messages permanently. Messages that SQS does not delete stay held. */
  async remove(deadLetters: readonly DeadLetter[]): Promise<void> {
    const receipts = deadLetters.map(
      ({ id, receiptHandle }) => this.#receipts.get(id) ?? { id, handle: receiptHandle },
    );
    for (const { id } of await deleteMessages(this.#queue, receipts)) {
      this.#receipts.delete(id);
      this.#deletedIds.add(id);
    }
  }

  /** Whether this scan has deleted a message. */
  isDeleted({ id }: DeadLetter): boolean {
    return this.#deletedIds.has(id);
  }

  /**
   * Extends the visibility timeout of held messages when half of it is over. Call it more often than that. SQS may
   * return the oldest messages first, and messages that became visible again would hide the others.
   */
  extendVisibility(): Promise<unknown> {
    this.#extending = this.#extending.then(async () => {
      const halfTimeFromNow = Date.now() + (this.#visibilitySeconds * 1000) / 2;
      for await (const { receipts, update } of this.#receipts.visibleBefore(halfTimeFromNow)) {
        update(await changeVisibility(this.#queue, receipts, this.#visibilitySeconds));
      }
    });
    return this.#extending;
  }

  /** Makes all held messages visible again. If SQS fails, they become visible after their timeout. */
  async close(): Promise<void> {
    await this.#extending;
    for await (const { receipts } of this.#receipts.visibleBefore(Number.POSITIVE_INFINITY)) {
      const changed = await changeVisibility(this.#queue, receipts, 0);
      if (changed.length === 0 && receipts.length > 0) break;
    }
    await this.#receipts.clear();
  }

  async #receive(max: number): Promise<readonly DeadLetter[]> {
    const requests = Math.min(parallelRequests, Math.ceil(max / messagesPerRequest));
    const receive = (waitSeconds: number) =>
      receiveMessages(this.#queue, this.#visibilitySeconds, waitSeconds, this.#stop);
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
      if (!this.#receivedIds.has(id)) this.#buffer.push(deadLetter);
      this.#receivedIds.add(id);
      this.#receipts.add({ id, handle, hiddenUntil });
      return false;
    });
  }
}
