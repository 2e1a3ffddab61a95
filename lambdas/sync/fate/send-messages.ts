import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { toBatches } from '../../../shared/queue/request-chunks.ts';
import type { Log } from '../sync-options.ts';

export type SqsMessage = Omit<SendMessageBatchRequestEntry, 'Id'>;

/**
 * Sends messages to a queue, as many at once as SQS takes.
 * @returns For each message, in the order given, whether SQS holds it now. What went wrong is logged.
 */
export const sendMessages = async (
  { sqs, logger }: { readonly sqs: SQSClient; readonly logger: Log },
  queueUrl: string,
  messages: readonly SqsMessage[],
): Promise<readonly boolean[]> => {
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
};
