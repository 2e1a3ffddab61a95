import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Message } from '../../shared/messages/message.ts';
import { applyBatch } from './apply-batch.ts';
import { createDeadline } from './deadline.ts';
import { dispose } from './dispose.ts';
import { decideDisposition } from './disposition.ts';
import { logOutcomes } from './log-outcomes.ts';
import { publishMetrics } from './metrics.ts';
import type { SyncOptions } from './options.ts';
import { parseRecords } from './parse-records.ts';
import { confirmationsFor, nextFollowUp, rechecksFor } from './recheck.ts';
import type { Handled } from './types.ts';

export type Sync = (
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<SQSBatchResponse>;

/**
 * The sync: takes a batch of ticket changes and settles, brings their Tasks to where they should be, and
 * tells SQS which records to hand over again. One record's trouble is never another's. Source:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function createSync(options: SyncOptions): Sync {
  return async (event, context) => {
    const { confirmAfterSeconds } = options;
    const deadline = createDeadline(() => context.getRemainingTimeInMillis());
    const { changes, reconciles, invalid } = parseRecords(event.Records);
    const { applied, search } = await applyBatch(options, changes, reconciles, deadline);

    const now = options.now();
    const tried: Omit<Handled, 'disposition'>[] = [
      ...applied.map(
        ({ delivery: { record, tries, firstTriedAt, ...delivery }, outcome, updates }) => {
          const message = 'change' in delivery ? delivery.change : delivery.settle;
          return { record, tries, firstTriedAt, message, outcome, updates };
        },
      ),
      ...invalid.map(({ detail, ...received }) => ({
        ...received,
        outcome: { outcome: 'rejected' as const, reason: 'invalid-message' as const, detail },
        updates: [],
      })),
    ];
    const batch: Handled[] = tried.map((handled) => {
      const { tries, firstTriedAt, message } = handled;
      const triedForMs = Math.max(0, now - firstTriedAt);
      const ageMs = message === undefined ? 0 : Math.max(0, now - message.receivedAt);
      const random = options.random();
      const followUp = message && nextFollowUp(message, handled.outcome, confirmAfterSeconds);
      const circumstances = {
        tries,
        triedForMs,
        ageMs,
        random,
        next: followUp,
        ...circumstancesOf(message),
      };
      return { ...handled, disposition: decideDisposition(handled.outcome, circumstances) };
    });

    const updates = new Set(batch.flatMap((handled) => handled.updates));
    const followUps = [
      ...confirmationsFor(updates, confirmAfterSeconds, now),
      ...rechecksFor(batch, confirmAfterSeconds),
    ];
    const keptInQueue = await dispose(options, batch, followUps, now);
    logOutcomes(options.logger, batch, keptInQueue, now);
    publishMetrics(options.metrics, batch, keptInQueue, search.calls, now);
    return {
      batchItemFailures: [...keptInQueue].map(({ record }) => ({
        itemIdentifier: record.messageId,
      })),
    };
  };
}

/** What of a message decides its fate besides the outcome. A settle is made again by the next event. */
function circumstancesOf(message: Message | undefined) {
  return {
    isRepeatable:
      message !== undefined && (message.kind === 'settle' || message.fromTaskAttribute === true),
    isExclusiveRemoval:
      message?.kind === 'ticket-change' &&
      message.link === null &&
      message.exclusive === true &&
      message.recheckRound === undefined,
  };
}
