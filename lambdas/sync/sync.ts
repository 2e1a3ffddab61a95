import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { QueueName } from '../../shared/config/limits.ts';
import { applyBatch } from '../../shared/sync/apply-batch.ts';
import { decideDisposition } from '../../shared/sync/disposition.ts';
import { confirmationsFor, rechecksFor } from '../../shared/sync/follow-ups.ts';
import { createDeadline, type SyncOptions } from '../../shared/sync/options.ts';
import { outcomeWithoutTask } from '../../shared/sync/outcome.ts';
import type {
  BatchRecord,
  Deadline,
  Delivery,
  InvalidRecord,
  Outcome,
  Result,
} from '../../shared/sync/types.ts';
import { acknowledge, dispose, hide, ownQueue } from './dispose.ts';
import { logOutcomes } from './log-outcomes.ts';
import { publishMetrics } from './metrics.ts';
import { isolate, parseRecords } from './records.ts';

export type Sync = (
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<SQSBatchResponse>;

/**
 * The sync: receives a batch of messages, updates their Tasks, and tells SQS which records to deliver again. An
 * error of one record affects no other.
 *
 * Records that may have crashed the function before come last, a few at a time, after all others are processed and
 * deleted. So another crash does not affect the others. The suspects are hidden for twice the remaining time of the
 * function, a minute at most: after a crash they come back soon.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function createSync(options: SyncOptions): Sync {
  return async (event, context) => {
    const deadline = createDeadline(() => context.getRemainingTimeInMillis());
    const records = parseRecords(event.Records);
    const queue = ownQueue(options.queueUrls, records);
    const { together, apart, heldBack } = isolate(records);
    const keptInQueue = new Set(await processGroup(options, queue, together, heldBack, deadline));
    if (apart.length > 0) {
      const done = [...together, ...heldBack.keys()].filter((each) => !keptInQueue.has(each));
      const seconds = Math.ceil((2 * context.getRemainingTimeInMillis()) / 1000);
      const hidden = new Map(apart.map((record) => [record, seconds]));
      await Promise.all([acknowledge(options, done), hide(options, hidden)]);
      for (const kept of await processGroup(options, queue, apart, new Map(), deadline)) {
        keptInQueue.add(kept);
      }
    }
    return {
      batchItemFailures: [...keptInQueue].map(({ record }) => ({
        itemIdentifier: record.messageId,
      })),
    };
  };
}

/**
 * Tries records together, and carries out the dispositions of these and of the records that are held back.
 * @returns the records that stay in the queue
 */
async function processGroup(
  options: SyncOptions,
  queue: QueueName,
  records: readonly BatchRecord[],
  heldBack: ReadonlyMap<BatchRecord, Outcome>,
  deadline: Deadline,
): Promise<ReadonlySet<BatchRecord>> {
  if (records.length + heldBack.size === 0) return new Set();
  const { confirmAfterSeconds, logger, metrics } = options;
  const startedAt = options.now();
  const deliveries = records.filter(isValid);
  const { outcomes, updates, searchCalls, evaluations } = await applyBatch(
    options,
    deliveries,
    deadline,
    options.requestsInParallel(queue),
  );

  const now = options.now();
  const decide = ([delivery, outcome]: readonly [BatchRecord, Outcome]): [BatchRecord, Result] => {
    const circumstances = { now, random: options.random(), confirmAfterSeconds };
    const disposition = decideDisposition(outcome, delivery, circumstances);
    const isGivenUp = outcome.outcome === 'unmatched' && disposition.action === 'acknowledge';
    return isGivenUp && delivery.message !== undefined
      ? [delivery, { outcome: outcomeWithoutTask(delivery, now), disposition }]
      : [delivery, { outcome, disposition }];
  };
  const invalid = records.filter((record) => !isValid(record)).map(rejected);
  const results = new Map([...outcomes, ...invalid, ...heldBack].map(decide));
  const followUps = [...confirmationsFor(updates, options, now), ...rechecksFor(results, options)];
  const keptInQueue = await dispose(options, results, followUps, now);

  const batch = { results, updates, keptInQueue, searchCalls };
  logOutcomes(logger, batch, now);
  publishMetrics(metrics, batch, now);

  // Twilio's limit is for all instances together, and another instance may handle the next invocation.
  const shareMs = evaluations * options.searchIntervalMs;
  const earlyMs = startedAt + shareMs - options.now();
  if (earlyMs > 0) await options.sleep(earlyMs);
  return keptInQueue;
}

function isValid(record: BatchRecord): record is Delivery {
  return record.message !== undefined;
}

function rejected(record: InvalidRecord): [BatchRecord, Outcome] {
  return [record, { outcome: 'rejected', reason: 'invalid-message', detail: record.detail }];
}
