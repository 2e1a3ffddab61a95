import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  OverLimit,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { toBatches } from '../../shared/aws/sqs.ts';
import type { DeadLetter } from './dead-letter.ts';

/** How many requests to send at the same time. */
export const parallelRequests = 16;

/** The most messages that SQS returns in one response. */
export const messagesPerRequest = 10;

/** A queue and its client. */
export interface Queue {
  sqs: SQSClient;
  queueUrl: string;
  /** Parses a message that the queue returned. */
  read: (received: Message) => DeadLetter;
}

/** A received message: its SQS message id and its latest receipt handle. */
export interface Receipt {
  id: string;
  handle: string;
}

/**
 * Receives up to ten messages.
 * @param waitSeconds with 0, only some servers of SQS are asked, so messages may be missed
 * @param stop aborts the request. Then no messages are returned
 */
export async function receiveMessages(
  { sqs, queueUrl, read }: Queue,
  visibilitySeconds: number,
  waitSeconds: number,
  stop: AbortSignal,
): Promise<readonly DeadLetter[]> {
  try {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: messagesPerRequest,
        VisibilityTimeout: visibilitySeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: stop },
    );
    return Messages.map(read);
  } catch (error) {
    if (stop.aborted) return [];
    // SQS has its maximum of messages in flight: 120,000. Source:
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
    if (error instanceof OverLimit) return [];
    throw error;
  }
}

/**
 * Deletes any number of messages.
 * @returns the messages that SQS deleted
 */
export function deleteMessages(
  { sqs, queueUrl }: Queue,
  receipts: readonly Receipt[],
): Promise<readonly Receipt[]> {
  return inBatches(receipts, async (batch) => {
    const Entries = batch.map(({ handle }, index) => ({
      Id: String(index),
      ReceiptHandle: handle,
    }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries });
    const { Failed = [] } = await sqs.send(command);
    const failed = new Set(Failed.map(({ Id }) => Id));
    return batch.filter((_, index) => !failed.has(String(index)));
  });
}

/** The timeout of a visibility request, in milliseconds. A slower request must not keep a command from ending. */
const visibilityRequestMs = 5000;

/**
 * Changes the visibility timeout of any number of messages. After the first failed request it makes no other. Then
 * the other messages keep their timeout.
 * @returns the messages that SQS changed, and when each becomes visible, in milliseconds since 1970
 */
export function changeVisibility(
  { sqs, queueUrl }: Queue,
  receipts: readonly Receipt[],
  seconds: number,
): Promise<readonly (Receipt & { hiddenUntil: number })[]> {
  const failure = new AbortController();
  return inBatches(receipts, async (batch) => {
    if (failure.signal.aborted) return [];
    const Entries = batch.map(({ handle }, index) => ({
      Id: String(index),
      ReceiptHandle: handle,
      VisibilityTimeout: seconds,
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
    const hiddenUntil = Date.now() + seconds * 1000;
    const timer = setTimeout(() => failure.abort(), visibilityRequestMs);
    const { Successful = [] } = await sqs
      .send(command, { abortSignal: failure.signal })
      .catch(() => {
        failure.abort();
        return { Successful: [] };
      })
      .finally(() => clearTimeout(timer));
    const changed = new Set(Successful.map(({ Id }) => Id));
    return batch
      .filter((_, index) => changed.has(String(index)))
      .map((receipt) => ({ ...receipt, hiddenUntil }));
  });
}

async function inBatches<Result>(
  receipts: readonly Receipt[],
  send: (batch: readonly Receipt[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const results = await pLimit(parallelRequests).map(toBatches(receipts), send);
  return results.flat();
}
