import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqsRecord } from '../../local/aws/sqs-record.ts';

interface Kept {
  readonly id: string;
  readonly body: string;
  readonly group: string | undefined;
  readonly sentAt: number;
  visibleAt: number;
  receives: number;
}

export const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/changes';
export const deadLetterQueueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead';

/**
 * SQS as far as the pipeline uses it, on a clock of the test's own: a real one would take the two minutes
 * that confirmations last. Messages come in any order that `pick` gives.
 */
export const virtualQueue = (now: () => number) => {
  const kept = new Map<string, Kept>();
  const deadLetters: string[] = [];
  let count = 0;

  const keep = (body: string, delaySeconds: number, group: string | undefined): void => {
    count += 1;
    const id = `message-${count}`;
    const visibleAt = now() + delaySeconds * 1000;
    kept.set(id, { id, body, group, sentAt: now(), visibleAt, receives: 0 });
  };

  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof SendMessageBatchCommand) {
      const { Entries = [], QueueUrl } = command.input;
      for (const { MessageBody = '', DelaySeconds = 0, MessageGroupId } of Entries) {
        if (QueueUrl === queueUrl) keep(MessageBody, DelaySeconds, MessageGroupId);
        else deadLetters.push(MessageBody);
      }
      return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
    }
    if (command instanceof ChangeMessageVisibilityBatchCommand) {
      for (const { ReceiptHandle = '', VisibilityTimeout = 0 } of command.input.Entries ?? []) {
        const message = kept.get(ReceiptHandle);
        if (message !== undefined) message.visibleAt = now() + VisibilityTimeout * 1000;
      }
      return {};
    }
    throw new Error('a command that the pipeline does not use');
  };

  const toRecord = ({ id, body, group, sentAt, receives }: Kept) =>
    sqsRecord(
      {
        MessageId: id,
        ReceiptHandle: id,
        Body: body,
        Attributes: {
          ApproximateReceiveCount: String(receives),
          SentTimestamp: String(sentAt),
          ...(group !== undefined && { MessageGroupId: group }),
        },
      },
      'arn:aws:sqs:us-east-1:000000000000:changes',
    );

  return {
    sqs: { send } as unknown as SQSClient,
    put: (message: unknown) => keep(JSON.stringify(message), 0, undefined),
    deadLetters,
    /** When the next message can be had; undefined where there is none. */
    nextAt: (): number | undefined => {
      const times = [...kept.values()].map(({ visibleAt }) => visibleAt);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    /** Hands what is visible to a consumer, as Lambda does; what did not fail is gone. */
    consume: async (
      handler: (event: SQSEvent) => Promise<SQSBatchResponse>,
      batchSize: number,
    ): Promise<void> => {
      const visible = [...kept.values()].filter(({ visibleAt }) => visibleAt <= now());
      const batch = visible.slice(0, batchSize);
      if (batch.length === 0) return;
      for (const message of batch) {
        message.receives += 1;
        message.visibleAt = now() + 180_000;
      }
      const { batchItemFailures } = await handler({ Records: batch.map(toRecord) });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { id } of batch) if (!failed.has(id)) kept.delete(id);
    },
  };
};
