import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** SQS gives and takes ten messages a request. */
const perRequest = 10;

const tens = <Item>(items: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(items.length / perRequest) }, (_, index) =>
    items.slice(index * perRequest, (index + 1) * perRequest),
  );

const entriesOf = (messages: readonly Message[]) =>
  messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));

/** Receives up to ten messages, with all that SQS knows about them. */
export const receive = async (
  sqs: SQSClient,
  QueueUrl: string,
  limit: number,
  waitSeconds: number,
): Promise<Message[]> => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: Math.min(limit, perRequest),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
};

/** Deletes received messages, however many. */
export const remove = async (
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> => {
  for (const ten of tens(messages)) {
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: entriesOf(ten) }));
  }
};

/** Makes received messages visible again at once, however many. */
export const giveBack = async (
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> => {
  for (const ten of tens(messages)) {
    const Entries = entriesOf(ten).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
};
