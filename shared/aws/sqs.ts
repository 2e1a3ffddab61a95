import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Log } from '../../lambdas/sync/options.ts';

/**
 * SQS for a door: senders wait for an answer five seconds at the least, so a slow call is given up, and
 * made once more, before that.
 */
export function createSqsClient(): SQSClient {
  return new SQSClient({
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 1000,
      requestTimeout: 2000,
      throwOnRequestTimeout: true,
    },
  });
}

const maxEntries = 10;

/**
 * Somewhat less than the 1 MiB that SQS allows for one request, so that attributes find room. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const maxBytes = 960 * 1024;

/** Cuts entries into runs that one SQS batch request may hold; an entry that is larger goes alone. */
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

/**
 * Sends messages to a queue, as many at once as SQS takes.
 * @returns For each message, in the order given, whether SQS holds it now. What went wrong is logged.
 */
export async function sendMessages(
  { sqs, logger }: { readonly sqs: SQSClient; readonly logger: Log },
  queueUrl: string,
  messages: readonly SqsMessage[],
): Promise<readonly boolean[]> {
  const sent = messages.map(() => false);
  const entries = messages.map((message, index) => ({ ...message, Id: String(index) }));
  const send = async (Entries: SendMessageBatchRequestEntry[]): Promise<void> => {
    try {
      const result = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      for (const { Id } of result.Successful ?? []) sent[Number(Id)] = true;
      for (const { Code } of result.Failed ?? [])
        logger.error('not sent', { queueUrl, code: Code });
    } catch (error) {
      const code = error instanceof Error ? error.name : typeof error;
      logger.error('not sent', { queueUrl, code });
    }
  };
  await Promise.all(
    toBatches(entries, ({ MessageBody }) => Buffer.byteLength(MessageBody ?? '')).map(send),
  );
  return sent;
}
