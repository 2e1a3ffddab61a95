import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  OverLimit,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { toBatches } from '../../shared/aws/sqs.ts';
import { type QueueDepth, queueDepth, toAwsFailure } from '../aws.ts';
import { type DeadLetter, readDeadLetter } from './dead-letter.ts';

/**
 * How long a letter in our hands is hidden from others, in seconds. Where we are killed it is back by then;
 * one that is still in our hands then is received once more, and hidden again.
 */
export const scanVisibilitySeconds = 60;

const messagesPerRequest = 10;

const parallelRequests = 8;

/** Long enough that SQS asks all of its servers: one without a wait may find nothing where there is something. */
const longPollSeconds = 1;

/**
 * A walk through the dead-letter queue that meets each letter once. SQS has no other way to look at
 * messages than to receive them: those met are held back from others until they are deleted or the walk
 * ends, and then given back at once.
 * @param visibilitySeconds for how many seconds at a time
 */
export function createScan(
  sqs: SQSClient,
  queueUrl: string,
  visibilitySeconds = scanVisibilitySeconds,
) {
  const limit = pLimit(parallelRequests);
  /** All that were met and are still in the queue, by id: the latest handle, and until when they are hidden. */
  const received = new Map<string, { readonly handle: string; readonly hiddenUntil: number }>();
  const deleted = new Set<string>();
  /** Received, and not handed out yet. */
  const buffer: DeadLetter[] = [];
  let scanned = 0;
  let repeated = 0;
  let isComplete = false;
  let extending: Promise<unknown> = Promise.resolve();

  const track = (id: string, handle: string): void => {
    received.set(id, { handle, hiddenUntil: Date.now() + visibilitySeconds * 1000 });
  };

  const receive = async (waitSeconds: number): Promise<DeadLetter[]> => {
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: messagesPerRequest,
          VisibilityTimeout: visibilitySeconds,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      return Messages.map(readDeadLetter);
    } catch (error) {
      // There are as many in our hands as SQS gives out: 120,000. Source:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
      if (error instanceof OverLimit) return [];
      throw error;
    }
  };

  const deleteMessages = async (deadLetters: readonly DeadLetter[]): Promise<void> => {
    const entries = deadLetters.map(({ id, receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: received.get(id)?.handle ?? receiptHandle,
    }));
    const deleteBatch = async (Entries: typeof entries): Promise<void> => {
      const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries });
      const { Failed = [] } = await sqs.send(command);
      const failed = new Set(Failed.map(({ Id }) => Id));
      for (const { Id } of Entries) {
        const deadLetter = deadLetters[Number(Id)];
        if (deadLetter === undefined || failed.has(Id)) continue;
        received.delete(deadLetter.id);
        deleted.add(deadLetter.id);
      }
    };
    await Promise.all(toBatches(entries).map((batch) => limit(deleteBatch, batch)));
  };

  /** Sets for how long letters are hidden from now on. What SQS does not do is of no harm: see `hiddenSeconds`. */
  const setVisibility = async (seconds: number, ids: readonly string[]): Promise<void> => {
    const entries = ids.flatMap((id) => {
      const handle = received.get(id)?.handle;
      return handle === undefined ? [] : [{ id, handle }];
    });
    const setVisibilityOfBatch = async (batch: typeof entries): Promise<void> => {
      const Entries = batch.map(({ handle }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: seconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      const { Successful = [] } = await sqs.send(command).catch(() => ({ Successful: [] }));
      for (const { Id } of Successful) {
        const changed = batch[Number(Id)];
        if (changed !== undefined && received.get(changed.id)?.handle === changed.handle) {
          track(changed.id, changed.handle);
        }
      }
    };
    await Promise.all(toBatches(entries).map((batch) => limit(setVisibilityOfBatch, batch)));
  };

  return {
    /**
     * Up to so many letters that were not met before; none once all have been met. It receives as many as SQS
     * gives at once, so that a slow walk has not to go through the same ones again and again.
     */
    next: async (max: number): Promise<readonly DeadLetter[]> => {
      while (buffer.length === 0) {
        const requests = Math.min(parallelRequests, Math.ceil(max / messagesPerRequest));
        const requested = Array.from({ length: requests }, () => receive(0));
        const returned = (await Promise.all(requested)).flat();
        const messages = returned.length > 0 ? returned : await receive(longPollSeconds);

        const reappeared: DeadLetter[] = [];
        for (const deadLetter of messages) {
          const { id, receiptHandle } = deadLetter;
          if (deleted.has(id)) reappeared.push(deadLetter);
          else {
            if (!received.has(id)) buffer.push(deadLetter);
            track(id, receiptHandle);
          }
        }
        // SQS may hand over once more what it has deleted.
        if (reappeared.length > 0) await deleteMessages(reappeared);
        scanned += buffer.length;
        repeated = buffer.length > 0 ? 0 : repeated + messages.length;
        // Held ones may come back all the same: once all of them have, there are no others.
        isComplete = messages.length === 0 || repeated > received.size + messagesPerRequest;
        if (isComplete) break;
      }
      return buffer.splice(0, max);
    },

    /** Deletes letters for good. Those that SQS does not delete stay, and are given back in the end. */
    remove: deleteMessages,

    /** Whether a letter was deleted by this walk. */
    isDeleted: ({ id }: DeadLetter): boolean => deleted.has(id),

    /** How many are held now. */
    received: (): number => received.size,

    /** How many letters were met. */
    scanned: (): number => scanned,

    /** Whether SQS had no others to hand over. */
    isComplete: (): boolean => isComplete,

    /**
     * Keeps hidden what is held, where half of its time is over. To be called more often than that, for as long
     * as the walk lasts: SQS may hand out first what has been there longest, so that what came back would
     * stand before what was never met.
     */
    extendVisibility: (): Promise<unknown> => {
      extending = extending.then(() => {
        const halfTimeFromNow = Date.now() + (visibilitySeconds * 1000) / 2;
        const due = [...received].flatMap(([id, { hiddenUntil }]) =>
          hiddenUntil <= halfTimeFromNow ? [id] : [],
        );
        return setVisibility(visibilitySeconds, due);
      });
      return extending;
    },

    /** Gives all that are held back, at once. What SQS does not take back comes by itself in a minute. */
    close: async (): Promise<void> => {
      await extending;
      await setVisibility(0, [...received.keys()]);
      received.clear();
    },
  };
}

export type Scan = ReturnType<typeof createScan>;

const visibleAgainNote = 'What was received comes back by itself within a minute.';

/**
 * Walks through the dead letters, keeps those that are met hidden and gives them back in the end, however it
 * ends.
 * @param about how many there are before it begins
 * @param visibilitySeconds for how many seconds at a time letters are hidden
 * @throws Failure where AWS does not answer
 */
export async function withScan<Result>(
  sqs: SQSClient,
  deadLetterQueueUrl: string,
  work: (scan: Scan, depth: QueueDepth) => Promise<Result>,
  visibilitySeconds = scanVisibilitySeconds,
): Promise<Result> {
  const scan = createScan(sqs, deadLetterQueueUrl, visibilitySeconds);
  const timer = setInterval(() => void scan.extendVisibility(), (visibilitySeconds * 1000) / 4);
  try {
    return await work(scan, await queueDepth(sqs, deadLetterQueueUrl));
  } catch (error) {
    throw toAwsFailure(error, 'Working on the dead letters', visibleAgainNote);
  } finally {
    clearInterval(timer);
    await scan.close();
  }
}
