import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Message } from '../../shared/message/message.ts';
import { applyBatch } from './apply/apply-batch.ts';
import { createDeadline } from './apply/deadline.ts';
import { carryOut } from './fate/carry-out.ts';
import { confirmationsOf, nextOf, secondLooksOf } from './fate/confirmation.ts';
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

/** What of a message decides its fate besides the outcome. A settle is made again by the next event. */
const weightOf = (message: Message | undefined) => ({
  isMadeAgain: message !== undefined && (message.kind === 'settle' || message.namedByTask === true),
  isForGood:
    message?.kind === 'ticket-change' &&
    message.link === null &&
    message.alone === true &&
    message.looks === undefined,
});

/**
 * The sync: takes a batch of ticket changes and settles, brings their Tasks to where they should be, and
 * tells SQS which records to hand over again. One record's trouble is never another's. Source:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export const createSync =
  (options: SyncOptions): Sync =>
  async (event, context) => {
    const { confirmAfterSeconds } = options;
    const deadline = createDeadline(() => context.getRemainingTimeInMillis());
    const { changes, settles, unreadable } = parseRecords(event.Records);
    const { applied, search } = await applyBatch(options, changes, settles, deadline);

    const now = options.now();
    const tried: Omit<Handled, 'fate'>[] = [
      ...applied.map(
        ({ delivery: { record, tries, firstTriedAt, ...delivery }, outcome, visits }) => {
          const message = 'change' in delivery ? delivery.change : delivery.settle;
          return { record, tries, firstTriedAt, message, outcome, visits };
        },
      ),
      ...unreadable.map(({ detail, ...received }) => ({
        ...received,
        outcome: { outcome: 'rejected' as const, reason: 'invalid-message' as const, detail },
        visits: [],
      })),
    ];
    const batch: Handled[] = tried.map((handled) => {
      const { tries, firstTriedAt, message } = handled;
      const triedForMs = Math.max(0, now - firstTriedAt);
      const ageMs = message === undefined ? 0 : Math.max(0, now - message.receivedAt);
      const random = options.random();
      const next = message && nextOf(message, handled.outcome, confirmAfterSeconds);
      const circumstances = { tries, triedForMs, ageMs, random, next, ...weightOf(message) };
      return { ...handled, fate: triage(handled.outcome, circumstances) };
    });

    const visits = new Set(batch.flatMap((handled) => handled.visits));
    const later = [
      ...confirmationsOf(visits, confirmAfterSeconds, now),
      ...secondLooksOf(batch, confirmAfterSeconds),
    ];
    const staying = await carryOut(options, batch, later, now);
    logOutcomes(options.logger, batch, staying, now);
    countOutcomes(options.metrics, batch, staying, search.calls, now);
    return {
      batchItemFailures: [...staying].map(({ record }) => ({ itemIdentifier: record.messageId })),
    };
  };
