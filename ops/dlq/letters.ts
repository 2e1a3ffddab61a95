import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  OverLimit,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { toBatches } from '../../shared/queue/request-chunks.ts';
import { type DeadLetter, readDeadLetter } from './dead-letter.ts';

/**
 * How long a letter in our hands is hidden from others, in seconds. Where we are killed it is back by then;
 * one that is still in our hands then is received once more, and hidden again.
 */
export const hiddenSeconds = 60;

const perRequest = 10;
const requestsAtOnce = 8;
/** Long enough that SQS asks all of its servers: one without a wait may find nothing where there is something. */
const longPollSeconds = 1;

/**
 * A walk through the dead-letter queue that meets each letter once. SQS has no other way to look at
 * messages than to receive them: those met are held back from others until they are deleted or the walk
 * ends, and then given back at once.
 * @param hiddenFor for how many seconds at a time
 */
export const walkLetters = (sqs: SQSClient, queueUrl: string, hiddenFor = hiddenSeconds) => {
  const limit = pLimit(requestsAtOnce);
  /** All that were met and are still in the queue, by id: the latest handle, and until when they are hidden. */
  const held = new Map<string, { readonly handle: string; readonly until: number }>();
  const deleted = new Set<string>();
  /** Received, and not handed out yet. */
  const ready: DeadLetter[] = [];
  let met = 0;
  let metAgain = 0;
  let isAtEnd = false;
  let renewing: Promise<unknown> = Promise.resolve();

  const hold = (id: string, handle: string): void => {
    held.set(id, { handle, until: Date.now() + hiddenFor * 1000 });
  };

  const receive = async (waitSeconds: number): Promise<DeadLetter[]> => {
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: perRequest,
          VisibilityTimeout: hiddenFor,
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

  const remove = async (letters: readonly DeadLetter[]): Promise<void> => {
    const entries = letters.map(({ id, receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: held.get(id)?.handle ?? receiptHandle,
    }));
    const removeSome = async (Entries: typeof entries): Promise<void> => {
      const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries });
      const { Failed = [] } = await sqs.send(command);
      const failed = new Set(Failed.map(({ Id }) => Id));
      for (const { Id } of Entries) {
        const letter = letters[Number(Id)];
        if (letter === undefined || failed.has(Id)) continue;
        held.delete(letter.id);
        deleted.add(letter.id);
      }
    };
    await Promise.all(toBatches(entries).map((some) => limit(removeSome, some)));
  };

  /** Sets for how long letters are hidden from now on. What SQS does not do is of no harm: see `hiddenSeconds`. */
  const hideFor = async (seconds: number, ids: readonly string[]): Promise<void> => {
    const entries = ids.flatMap((id) => {
      const handle = held.get(id)?.handle;
      return handle === undefined ? [] : [{ id, handle }];
    });
    const hideSome = async (some: typeof entries): Promise<void> => {
      const Entries = some.map(({ handle }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: seconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      const { Successful = [] } = await sqs.send(command).catch(() => ({ Successful: [] }));
      for (const { Id } of Successful) {
        const changed = some[Number(Id)];
        if (changed !== undefined && held.get(changed.id)?.handle === changed.handle) {
          hold(changed.id, changed.handle);
        }
      }
    };
    await Promise.all(toBatches(entries).map((some) => limit(hideSome, some)));
  };

  return {
    /**
     * Up to so many letters that were not met before; none once all have been met. It receives as many as SQS
     * gives at once, so that a slow walk has not to go through the same ones again and again.
     */
    next: async (most: number): Promise<readonly DeadLetter[]> => {
      while (ready.length === 0) {
        const requests = Math.min(requestsAtOnce, Math.ceil(most / perRequest));
        const quick = Array.from({ length: requests }, () => receive(0));
        const found = (await Promise.all(quick)).flat();
        const received = found.length > 0 ? found : await receive(longPollSeconds);

        const undead: DeadLetter[] = [];
        for (const letter of received) {
          const { id, receiptHandle } = letter;
          if (deleted.has(id)) undead.push(letter);
          else {
            if (!held.has(id)) ready.push(letter);
            hold(id, receiptHandle);
          }
        }
        // SQS may hand over once more what it has deleted.
        if (undead.length > 0) await remove(undead);
        met += ready.length;
        metAgain = ready.length > 0 ? 0 : metAgain + received.length;
        // Held ones may come back all the same: once all of them have, there are no others.
        isAtEnd = received.length === 0 || metAgain > held.size + perRequest;
        if (isAtEnd) break;
      }
      return ready.splice(0, most);
    },

    /** Deletes letters for good. Those that SQS does not delete stay, and are given back in the end. */
    remove,

    /** Whether a letter was deleted by this walk. */
    isRemoved: ({ id }: DeadLetter): boolean => deleted.has(id),

    /** How many are held now. */
    held: (): number => held.size,

    /** How many letters were met. */
    met: (): number => met,

    /** Whether SQS had no others to hand over. */
    isAtEnd: (): boolean => isAtEnd,

    /**
     * Keeps hidden what is held, where half of its time is over. To be called more often than that, for as long
     * as the walk lasts: SQS may hand out first what has been there longest, so that what came back would
     * stand before what was never met.
     */
    renew: (): Promise<unknown> => {
      renewing = renewing.then(() => {
        const soon = Date.now() + (hiddenFor * 1000) / 2;
        const due = [...held].flatMap(([id, { until }]) => (until <= soon ? [id] : []));
        return hideFor(hiddenFor, due);
      });
      return renewing;
    },

    /** Gives all that are held back, at once. What SQS does not take back comes by itself in a minute. */
    close: async (): Promise<void> => {
      await renewing;
      await hideFor(0, [...held.keys()]);
      held.clear();
    },
  };
};
export type Walk = ReturnType<typeof walkLetters>;
