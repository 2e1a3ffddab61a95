import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { toSqsRecord } from '../../local/aws/event-source-mapping.ts';

type Attributes = Record<string, { DataType: string; StringValue: string }>;

interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  readonly group: string | undefined;
  readonly attributes: Attributes;
  readonly sentAt: number;
  visibleAt: number;
  receives: number;
  firstReceivedAt: number | undefined;
}

export const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/changes';
/** One queue holds the messages of both. */
export const queueUrls = { changes: queueUrl, lookups: queueUrl };
export const deadLetterQueueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead';

const Send = z.object({
  QueueUrl: z.string(),
  Entries: z.array(
    z.object({
      Id: z.string(),
      MessageBody: z.string(),
      DelaySeconds: z.int().default(0),
      MessageGroupId: z.string().optional(),
      MessageAttributes: z.custom<Attributes>().default({}),
    }),
  ),
});

/** Without a visibility timeout it is a deletion. */
const ChangeOrDelete = z.object({
  Entries: z.array(
    z.object({ Id: z.string(), ReceiptHandle: z.string(), VisibilityTimeout: z.int().optional() }),
  ),
});

/**
 * SQS as far as the pipeline uses it, on the clock of the test: on a real one the confirmations would take two
 * minutes.
 */
export const createSimulatedQueue = (now: () => number) => {
  const messages = new Map<string, QueuedMessage>();
  const deadLetters: string[] = [];
  const deadLetterReasons: (string | undefined)[] = [];
  let count = 0;

  const add = (
    body: string,
    delaySeconds = 0,
    group?: string,
    attributes: Attributes = {},
  ): void => {
    count += 1;
    const id = `message-${count}`;
    const visibleAt = now() + delaySeconds * 1000;
    messages.set(id, {
      id,
      body,
      group,
      attributes,
      sentAt: now(),
      visibleAt,
      firstReceivedAt: undefined,
      receives: 0,
    });
  };

  const respond = (input: unknown) => {
    const { success, data } = Send.safeParse(input);
    if (!success) {
      const { Entries } = ChangeOrDelete.parse(input);
      for (const { ReceiptHandle, VisibilityTimeout } of Entries) {
        const message = messages.get(ReceiptHandle);
        if (VisibilityTimeout === undefined) messages.delete(ReceiptHandle);
        else if (message !== undefined) message.visibleAt = now() + VisibilityTimeout * 1000;
      }
      return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
    }
    for (const { MessageBody, DelaySeconds, MessageGroupId, MessageAttributes } of data.Entries) {
      if (data.QueueUrl === queueUrl) {
        add(MessageBody, DelaySeconds, MessageGroupId, MessageAttributes);
      } else {
        deadLetters.push(MessageBody);
        deadLetterReasons.push(MessageAttributes['reason']?.StringValue);
      }
    }
    return { Successful: data.Entries.map(({ Id }) => ({ Id })), Failed: [] };
  };

  const sqs = new SQSClient({ region: 'us-east-1' });
  sqs.middlewareStack.add(
    () =>
      async ({ input }) => ({ response: {}, output: { $metadata: {}, ...respond(input) } }),
    { step: 'initialize' },
  );

  const toRecord = ({ id, group, sentAt, firstReceivedAt, receives, ...message }: QueuedMessage) =>
    toSqsRecord(
      {
        MessageId: id,
        ReceiptHandle: id,
        Body: message.body,
        MessageAttributes: message.attributes,
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
    put: (message: unknown) => add(JSON.stringify(message)),
    deadLetters,
    deadLetterReasons,
    /** When the next message is visible; undefined if there is none. */
    nextVisibleAt: (): number | undefined => {
      const times = [...messages.values()].map(({ visibleAt }) => visibleAt);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    /** Delivers the visible messages as Lambda does, and deletes those that did not fail. Who rejects has crashed. */
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
      const everyItem = batch.map(({ id }) => ({ itemIdentifier: id }));
      const { batchItemFailures } = await handler({ Records: batch.map(toRecord) }).catch(() => ({
        batchItemFailures: everyItem,
      }));
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { id } of batch) if (!failed.has(id)) messages.delete(id);
    },
  };
};
