import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { toBatches } from '../../../shared/queue/request-chunks.ts';
import type { SyncOptions } from '../sync-options.ts';

/**
 * Sets when each record that stays in the queue is handed over again. Never rejects: where it does
 * not work, the queue's visibility time-out stands in, which is only later.
 */
export const changeVisibility = async (
  { sqs, queueUrl, logger }: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'logger'>,
  records: readonly { readonly record: SQSRecord; readonly visibilitySeconds: number }[],
): Promise<void> => {
  const entries = records.map(({ record, visibilitySeconds }, index) => ({
    Id: String(index),
    ReceiptHandle: record.receiptHandle,
    VisibilityTimeout: visibilitySeconds,
  }));
  const changeBatch = async (
    Entries: ChangeMessageVisibilityBatchRequestEntry[],
  ): Promise<void> => {
    try {
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      const { Failed = [] } = await sqs.send(command);
      for (const { Code } of Failed) logger.warn('visibility not changed', { code: Code });
    } catch (error) {
      const code = error instanceof Error ? error.name : typeof error;
      logger.warn('visibility not changed', { code });
    }
  };
  await Promise.all(toBatches(entries).map(changeBatch));
};
