import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';

const count = z.coerce.number().int().nonnegative();

const Depth = z
  .object({
    ApproximateNumberOfMessages: count,
    ApproximateNumberOfMessagesNotVisible: count,
    ApproximateNumberOfMessagesDelayed: count,
  })
  .transform((attributes) => ({
    visible: attributes.ApproximateNumberOfMessages,
    hidden: attributes.ApproximateNumberOfMessagesNotVisible,
    delayed: attributes.ApproximateNumberOfMessagesDelayed,
  }));

/** How many messages are in a queue, about: to be had, in the hands of a consumer, and held back. */
export type Depth = z.output<typeof Depth>;

/** All of them, wherever they are. */
export const totalOf = ({ visible, hidden, delayed }: Depth): number => visible + hidden + delayed;

/** @throws Error of the SDK's */
export const queueDepth = async (sqs: SQSClient, queueUrl: string): Promise<Depth> => {
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
  return Depth.parse(Attributes);
};
