import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { applyChanges } from './apply/apply-changes.ts';
import { createDeadline } from './apply/deadline.ts';
import { carryOut } from './fate/carry-out.ts';
import { triage } from './fate/triage.ts';
import type { Handled } from './handled.ts';
import { parseRecords } from './parse-records.ts';
import { countOutcomes } from './report/count-outcomes.ts';
import { logOutcomes } from './report/outcome-log.ts';
import type { SyncOptions } from './sync-options.ts';

export type Sync = (
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<SQSBatchResponse>;

/**
 * The sync: takes a batch of ticket changes, brings their Tasks to where the changes want them, and
 * tells SQS which records to hand over again. One record's trouble is never another's. Source:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export const createSync =
  (options: SyncOptions): Sync =>
  async (event, context) => {
    const deadline = createDeadline(() => context.getRemainingTimeInMillis());
    const { deliveries, unreadable } = parseRecords(event.Records);
    const { applied, search } = await applyChanges(options, deliveries, deadline);

    const now = options.now();
    const tried: Omit<Handled, 'fate'>[] = [
      ...applied.map(({ delivery, outcome, visits }) => ({ ...delivery, outcome, visits })),
      ...unreadable.map(({ detail, ...received }) => ({
        ...received,
        outcome: { outcome: 'rejected' as const, reason: 'invalid-message' as const, detail },
        visits: [],
      })),
    ];
    const batch: Handled[] = tried.map((handled) => {
      const { tries, change } = handled;
      const ageMs = change === undefined ? 0 : Math.max(0, now - change.receivedAt);
      const random = options.random();
      return { ...handled, fate: triage(handled.outcome, { tries, ageMs, random }) };
    });

    const staying = await carryOut(options, batch, now);
    logOutcomes(options.logger, batch, staying, now);
    countOutcomes(options.metrics, batch, staying, search.calls, now);
    return {
      batchItemFailures: [...staying].map(({ record }) => ({ itemIdentifier: record.messageId })),
    };
  };
