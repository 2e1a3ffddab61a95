import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type AwsClientLimits, createAwsClient } from './client.ts';

/**
 * The limits of SQS requests in a webhook. Senders wait five seconds or more for a response. So a slow request is
 * aborted and made once more before that.
 */
export const webhookSqs = { maxAttempts: 2, connectionTimeout: 1000, requestTimeout: 2000 };

/**
 * The limits of SQS requests in sync. The deadline leaves about two seconds for SQS at the end of an invocation.
 */
export const syncSqs = { maxAttempts: 3, connectionTimeout: 500, requestTimeout: 1500 };

/** An SQS client for a function. It sends texts only, no binary attributes. */
export function createSqsClient(limits: Readonly<AwsClientLimits>): SQSClient {
  // The signature already covers each byte of the messages, so SQS's MD5 adds nothing.
  return createAwsClient(service, limits, (options) => new SQSClient({ ...options, md5: false }));
}

const service = { version: '1.0', target: 'AmazonSQS' } as const;

const maxEntries = 10;

/**
 * A little less than the 1 MiB that SQS allows for one request, to leave room for attributes. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const maxBytes = 960 * 1024;

/** Splits entries into batches of one SQS request each; an entry that is too large gets its own. */
export function toBatches<Entry>(
  entries: readonly Entry[],
  bytesOf: (entry: Entry) => number = () => 0,
): Entry[][] {
  const batches: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = batches.at(-1);
    const size = bytesOf(entry);
    if (last !== undefined && last.length < maxEntries && bytes + size <= maxBytes) {
      last.push(entry);
      bytes += size;
    } else {
      batches.push([entry]);
      bytes = size;
    }
  }
  return batches;
}

export type SqsMessage = Omit<SendMessageBatchRequestEntry, 'Id'>;

interface ErrorLog {
  error(message: string, fields: Record<string, unknown>): void;
}

/**
 * Sends messages to a queue, in as few requests as SQS allows. Never rejects: errors are logged.
 * @returns the messages that SQS did not accept
 */
export async function sendMessages(
  { sqs, logger }: { sqs: SQSClient; logger: ErrorLog },
  queueUrl: string,
  messages: readonly SqsMessage[],
): Promise<ReadonlySet<SqsMessage>> {
  const unsent = new Map(messages.map((message, index) => [String(index), message]));
  const logFailure = (code: string | undefined): void => {
    logger.error('SendMessageBatch failed', { queueUrl, code });
  };
  const send = async (Entries: SendMessageBatchRequestEntry[]): Promise<void> => {
    try {
      const result = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      for (const { Id = '' } of result.Successful ?? []) unsent.delete(Id);
      for (const { Code } of result.Failed ?? []) logFailure(Code);
    } catch (error) {
      logFailure(error instanceof Error ? error.name : typeof error);
    }
  };
  const entries = [...unsent].map(([Id, message]) => ({ ...message, Id }));
  const bytesOf = ({ MessageBody }: SqsMessage): number => Buffer.byteLength(MessageBody ?? '');
  await Promise.all(toBatches(entries, bytesOf).map(send));
  return new Set(unsent.values());
}
