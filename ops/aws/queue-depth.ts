import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';

const count = z.coerce.number().int().nonnegative();

const QueueDepth = z
  .object({
    ApproximateNumberOfMessages: count,
    ApproximateNumberOfMessagesNotVisible: count,
    ApproximateNumberOfMessagesDelayed: count,
  })
  .transform((attributes) => ({
    visible: attributes.ApproximateNumberOfMessages,
    inFlight: attributes.ApproximateNumberOfMessagesNotVisible,
    delayed: attributes.ApproximateNumberOfMessagesDelayed,
  }));

/** How many messages are in a queue, about: to be had, in the hands of a consumer, and held back. */
export type QueueDepth = z.output<typeof QueueDepth>;

/** All of them, wherever they are. */
export const totalMessages = ({ visible, inFlight, delayed }: QueueDepth): number => visible + inFlight + delayed;

/** @throws Error of the SDK's */
export const queueDepth = async (sqs: SQSClient, queueUrl: string): Promise<QueueDepth> => {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return QueueDepth.parse(Attributes);
};
