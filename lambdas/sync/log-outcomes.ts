import { readReplayMark } from '../../shared/messages/message.ts';
import type { Log } from './options.ts';
import type { Handled } from './types.ts';
import type { TaskUpdate } from './update-task.ts';

/**
 * Writes one line for each record, a louder one where somebody may have to look, and one for the
 * batch where Twilio refused our credentials.
 */
export function logOutcomes(
  logger: Log,
  batch: readonly Handled[],
  keptInQueue: ReadonlySet<Handled>,
  now: number,
): void {
  for (const handled of batch) {
    const fields = outcomeFields(handled, keptInQueue.has(handled), now);
    const { outcome } = handled.outcome;
    const isWarning = outcome === 'retry' || outcome === 'rejected';
    if (isWarning || handled.disposition.action === 'dead-letter') logger.warn('outcome', fields);
    else logger.info('outcome', fields);
  }
  const records = batch.filter(isUnauthorized).length;
  if (records > 0) logger.error('Twilio refuses our API key: renew the Twilio secret', { records });
}

function hasBudgetLoss({ budget }: TaskUpdate): boolean {
  return (
    budget !== undefined &&
    (budget.atTaskLevel || budget.titlesDropped || budget.evicted.length > 0)
  );
}

function oneOrAll(sids: readonly string[]): string | readonly string[] | undefined {
  return sids.length === 1 ? sids[0] : sids.length === 0 ? undefined : sids;
}

/** What the message is about. */
function messageFields(message: Handled['message']) {
  return message?.kind === 'settle'
    ? {
        settle:
          message.confirmation === undefined
            ? 'event'
            : `confirmation ${message.confirmation.round}`,
      }
    : { ticket: message?.ticket, version: message?.version, look: message?.recheckRound };
}

/**
 * How long it took since the change was made; and where it came too late, how much of that was the
 * CRM's, which told us only then, and how much was ours.
 */
function lagFields({ message, outcome }: Handled, now: number) {
  if (message?.kind !== 'ticket-change') return {};
  const { occurredAt, receivedAt } = message;
  const lagMs = now - occurredAt;
  return outcome.outcome === 'expired'
    ? { lagMs, crmLagMs: receivedAt - occurredAt, ownLagMs: now - receivedAt }
    : { lagMs };
}

/**
 * What is told of one record. `twilioCalls` are the requests made to its Tasks; the other messages of
 * the batch for the same Task share them. `next` is what became of the record. No link, title or
 * attribute is among it.
 */
function outcomeFields(handled: Handled, isKept: boolean, now: number) {
  const { record, tries, message, outcome, updates, disposition } = handled;
  const hidden = updates.flatMap((update) => update.hidden);
  const budgets = updates
    .filter(hasBudgetLoss)
    .map(({ taskSid, budget }) => ({ taskSid, ...budget }));
  return {
    messageId: record.messageId,
    ...readReplayMark(record.messageAttributes),
    ...messageFields(message),
    taskSid: oneOrAll(updates.map(({ taskSid }) => taskSid)),
    outcome: outcome.outcome,
    ...('reason' in outcome && { reason: outcome.reason, detail: outcome.detail }),
    next: isKept ? 'give-back' : disposition.action,
    tries,
    twilioCalls: updates.reduce((sum, { progress }) => sum + progress.calls, 0),
    ...lagFields(handled, now),
    ...(budgets.length > 0 && { budget: budgets }),
    ...(hidden.length > 0 && { hidden }),
  };
}

function isUnauthorized({ outcome }: Handled): boolean {
  return outcome.outcome === 'retry' && outcome.reason === 'unauthorized';
}
