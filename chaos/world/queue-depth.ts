import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** How many messages a queue holds. */
export interface QueueDepth {
  readonly visible: number;
  /** Handed over, or hidden until they are tried again. */
  readonly hidden: number;
  readonly delayed: number;
}

export const totalOf = ({ visible, hidden, delayed }: QueueDepth): number =>
  visible + hidden + delayed;

/** Asks SQS how many messages a queue holds. */
export const queueDepth = async (sqs: SQSClient, queueUrl: string): Promise<QueueDepth> => {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return {
    visible: Number(Attributes['ApproximateNumberOfMessages']),
    hidden: Number(Attributes['ApproximateNumberOfMessagesNotVisible']),
    delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed']),
  };
};
