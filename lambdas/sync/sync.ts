import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { applyBatch } from '../../shared/sync/apply-batch.ts';
import { createDeadline } from '../../shared/sync/deadline.ts';
import { decideDisposition } from '../../shared/sync/disposition.ts';
import { confirmationsFor, rechecksFor } from '../../shared/sync/follow-ups.ts';
import type { SyncOptions } from '../../shared/sync/options.ts';
import type { BatchRecord, InvalidRecord, Outcome, Result } from '../../shared/sync/types.ts';
import { dispose } from './dispose.ts';
import { logOutcomes } from './log-outcomes.ts';
import { publishMetrics } from './metrics.ts';
import { parseRecords } from './parse-records.ts';

export type Sync = (
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<SQSBatchResponse>;

/**
 * The sync: takes a batch of messages, updates their Tasks, and returns to SQS which records to deliver
 * again. An error of one record affects no other. Source:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function createSync(options: SyncOptions): Sync {
  const { confirmAfterSeconds, logger, metrics } = options;
  return async (event, context) => {
    const deadline = createDeadline(() => context.getRemainingTimeInMillis());
    const { deliveries, invalid } = parseRecords(event.Records);
    const { outcomes, updates, searchCalls } = await applyBatch(options, deliveries, deadline);

    const now = options.now();
    const decide = ([delivery, outcome]: [BatchRecord, Outcome]): [BatchRecord, Result] => {
      const circumstances = { now, random: options.random(), confirmAfterSeconds };
      return [
        delivery,
        { outcome, disposition: decideDisposition(outcome, delivery, circumstances) },
      ];
    };
    const results = new Map([...outcomes, ...invalid.map(rejected)].map(decide));
    const followUps = [
      ...confirmationsFor(updates, confirmAfterSeconds, now),
      ...rechecksFor(results, confirmAfterSeconds),
    ];
    const keptInQueue = await dispose(options, results, followUps, now);

    const batch = { results, updates, keptInQueue, searchCalls };
    logOutcomes(logger, batch, now);
    publishMetrics(metrics, batch, now);
    return {
      batchItemFailures: [...keptInQueue].map(({ record }) => ({
        itemIdentifier: record.messageId,
      })),
    };
  };
}

function rejected(record: InvalidRecord): [BatchRecord, Outcome] {
  return [record, { outcome: 'rejected', reason: 'invalid-message', detail: record.detail }];
}
