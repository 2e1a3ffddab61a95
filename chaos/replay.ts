import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

const perRequest = 10;
/** As long as one request of a replay may take. */
const hiddenSeconds = 60;

export interface ReplayOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Dead letters that are let lie. */
  readonly isLeft: (body: string) => boolean;
  /** Ends after so many, with what it sent last still among the dead letters, as if it were killed. */
  readonly stopAfter?: number | undefined;
}

export interface Replayed {
  /** Message ids of all dead letters that were seen, and of those among them that were let lie. */
  readonly seen: readonly string[];
  readonly left: readonly string[];
  /** How many were sent again. */
  readonly sent: number;
}

/** Moves dead letters back to the queue: each is sent, and then deleted. */
export const replay = async (options: ReplayOptions): Promise<Replayed> => {
  const { sqs, queueUrl, deadLetterQueueUrl, isLeft, stopAfter } = options;
  const seen: string[] = [];
  const left: string[] = [];
  const idsOf = (messages: readonly Message[]) =>
    messages.flatMap(({ MessageId = [] }) => MessageId);
  let sent = 0;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MaxNumberOfMessages: perRequest,
        VisibilityTimeout: hiddenSeconds,
      }),
    );
    if (Messages.length === 0) return { seen, left, sent };
    const lying = Messages.filter(({ Body = '' }) => isLeft(Body));
    const moving = Messages.filter((message) => !lying.includes(message));
    seen.push(...idsOf(Messages));
    left.push(...idsOf(lying));
    if (moving.length === 0) continue;
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: moving.map(({ Body }, index) => ({ Id: String(index), MessageBody: Body })),
      }),
    );
    sent += moving.length;
    if (stopAfter !== undefined && sent >= stopAfter) return { seen, left, sent };
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: deadLetterQueueUrl,
        Entries: moving.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
  }
};
