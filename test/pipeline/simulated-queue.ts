import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { toSqsRecord } from '../../local/aws/sqs-event.ts';

interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  readonly group: string | undefined;
  readonly sentAt: number;
  visibleAt: number;
  receives: number;
  firstReceivedAt: number | undefined;
}

export const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/changes';
export const deadLetterQueueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead';

const Send = z.object({
  QueueUrl: z.string(),
  Entries: z.array(
    z.object({
      Id: z.string(),
      MessageBody: z.string(),
      DelaySeconds: z.int().default(0),
      MessageGroupId: z.string().optional(),
    }),
  ),
});

const ChangeVisibility = z.object({
  Entries: z.array(
    z.object({ Id: z.string(), ReceiptHandle: z.string(), VisibilityTimeout: z.int() }),
  ),
});

/**
 * SQS as far as the pipeline uses it, on the clock of the test: on a real one the confirmations would take two
 * minutes.
 */
export const createSimulatedQueue = (now: () => number) => {
  const messages = new Map<string, QueuedMessage>();
  const deadLetters: string[] = [];
  let count = 0;

  const add = (body: string, delaySeconds: number, group: string | undefined): void => {
    count += 1;
    const id = `message-${count}`;
    const visibleAt = now() + delaySeconds * 1000;
    messages.set(id, {
      id,
      body,
      group,
      sentAt: now(),
      visibleAt,
      firstReceivedAt: undefined,
      receives: 0,
    });
  };

  const respond = (input: unknown) => {
    const { success, data } = Send.safeParse(input);
    if (!success) {
      const { Entries } = ChangeVisibility.parse(input);
      for (const { ReceiptHandle, VisibilityTimeout } of Entries) {
        const message = messages.get(ReceiptHandle);
        if (message !== undefined) message.visibleAt = now() + VisibilityTimeout * 1000;
      }
      return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
    }
    for (const { MessageBody, DelaySeconds, MessageGroupId } of data.Entries) {
      if (data.QueueUrl === queueUrl) add(MessageBody, DelaySeconds, MessageGroupId);
      else deadLetters.push(MessageBody);
    }
    return { Successful: data.Entries.map(({ Id }) => ({ Id })), Failed: [] };
  };

  const sqs = new SQSClient({ region: 'us-east-1' });
  sqs.middlewareStack.add(
    () =>
      async ({ input }) => ({ response: {}, output: { $metadata: {}, ...respond(input) } }),
    { step: 'initialize' },
  );

  const toRecord = ({ id, body, group, sentAt, firstReceivedAt, receives }: QueuedMessage) =>
    toSqsRecord(
      {
        MessageId: id,
        ReceiptHandle: id,
        Body: body,
        Attributes: {
          ApproximateReceiveCount: String(receives),
          SentTimestamp: String(sentAt),
          ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
          ...(group !== undefined && { MessageGroupId: group }),
        },
      },
      'arn:aws:sqs:us-east-1:000000000000:changes',
    );

  return {
    sqs,
    put: (message: unknown) => add(JSON.stringify(message), 0, undefined),
    deadLetters,
    /** When the next message is visible; undefined if there is none. */
    nextVisibleAt: (): number | undefined => {
      const times = [...messages.values()].map(({ visibleAt }) => visibleAt);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    /** Delivers the visible messages to a consumer, as Lambda does, and deletes those that did not fail. */
    consume: async (
      handler: (event: SQSEvent) => Promise<SQSBatchResponse>,
      batchSize: number,
    ): Promise<void> => {
      const visible = [...messages.values()].filter(({ visibleAt }) => visibleAt <= now());
      const batch = visible.slice(0, batchSize);
      if (batch.length === 0) return;
      for (const message of batch) {
        message.receives += 1;
        message.firstReceivedAt ??= now();
        message.visibleAt = now() + 180_000;
      }
      const { batchItemFailures } = await handler({ Records: batch.map(toRecord) });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { id } of batch) if (!failed.has(id)) messages.delete(id);
    },
  };
};
