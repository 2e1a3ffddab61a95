import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { requestChunks } from '../../shared/queue/request-chunks.ts';
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

export interface Depth {
  readonly visible: number;
  /** In the hands of somebody, or of one who was killed. */
  readonly hidden: number;
}

/** How many messages a queue holds, about. */
export const depthOf = async (sqs: SQSClient, queueUrl: string): Promise<Depth> => {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
};

/**
 * A walk through the dead-letter queue that meets each letter once. SQS has no other way to look at
 * messages than to receive them: those met are held back from others until they are deleted or the walk
 * ends, and then given back at once.
 */
export const walkLetters = (sqs: SQSClient, queueUrl: string) => {
  const limit = pLimit(requestsAtOnce);
  /** All that were met and are still in the queue, by id, with the latest handle. */
  const held = new Map<string, string>();
  const deleted = new Set<string>();
  let metAgain = 0;

  const receive = async (most: number, waitSeconds: number): Promise<DeadLetter[]> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: most,
        VisibilityTimeout: hiddenSeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages.map(readDeadLetter);
  };

  const handleOf = ({ id, receiptHandle }: DeadLetter): string => held.get(id) ?? receiptHandle;

  const remove = async (letters: readonly DeadLetter[]): Promise<void> => {
    const entries = letters.map((letter, index) => ({
      Id: String(index),
      ReceiptHandle: handleOf(letter),
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
    await Promise.all(requestChunks(entries).map((some) => limit(removeSome, some)));
  };

  return {
    /**
     * Up to so many letters that were not met before; none once all have been met.
     */
    next: async (most: number): Promise<readonly DeadLetter[]> => {
      for (;;) {
        const requests = Math.min(requestsAtOnce, Math.ceil(most / perRequest));
        const size = Math.min(perRequest, most);
        const quick = Array.from({ length: requests }, () => receive(size, 0));
        const found = (await Promise.all(quick)).flat();
        const received = found.length > 0 ? found : await receive(size, longPollSeconds);
        if (received.length === 0) return [];

        const fresh = received.filter(({ id }) => !held.has(id) && !deleted.has(id));
        const undead = received.filter(({ id }) => deleted.has(id));
        for (const { id, receiptHandle } of received) {
          if (!deleted.has(id)) held.set(id, receiptHandle);
        }
        // SQS may hand over once more what it has deleted.
        if (undead.length > 0) await remove(undead);
        if (fresh.length > 0) {
          metAgain = 0;
          return fresh;
        }
        // Held ones come back after a minute: once all of them have, there are no others.
        metAgain += received.length;
        if (metAgain > held.size + perRequest) return [];
      }
    },

    /** Deletes letters for good. Those that SQS does not delete stay, and are given back in the end. */
    remove,

    /** Whether a letter was deleted by this walk. */
    isRemoved: ({ id }: DeadLetter): boolean => deleted.has(id),

    /** How many are held now. */
    held: (): number => held.size,

    /** Gives all that are held back, at once. What SQS does not take back comes by itself in a minute. */
    close: async (): Promise<void> => {
      const entries = [...held.values()].map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      held.clear();
      const giveBack = (Entries: typeof entries) =>
        sqs
          .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
          .catch(() => {});
      await Promise.all(requestChunks(entries).map((some) => limit(giveBack, some)));
    },
  };
};
export type Walk = ReturnType<typeof walkLetters>;
