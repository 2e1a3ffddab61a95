import { readReplayMark } from '../../../shared/message/replay-mark.ts';
import type { Visit } from '../apply/visit-task.ts';
import type { Handled } from '../handled.ts';
import type { Log } from '../sync-options.ts';

const gaveUp = ({ budget }: Visit): boolean =>
  budget !== undefined && (budget.folded || budget.titlesDropped || budget.evicted.length > 0);

const oneOrAll = (sids: readonly string[]): string | readonly string[] | undefined =>
  sids.length === 1 ? sids[0] : sids.length === 0 ? undefined : sids;

/** What the message is about. */
const subjectOf = (message: Handled['message']) =>
  message?.kind === 'settle'
    ? {
        settle: message.confirms === undefined ? 'event' : `confirmation ${message.confirms.round}`,
      }
    : { ticket: message?.ticket, version: message?.version, look: message?.looks };

/**
 * How long it took since the change was made; and where it came too late, how much of that was the
 * CRM's, which told us only then, and how much was ours.
 */
const lagOf = ({ message, outcome }: Handled, now: number) => {
  if (message?.kind !== 'ticket-change') return {};
  const { occurredAt, receivedAt } = message;
  const lagMs = now - occurredAt;
  return outcome.outcome === 'expired'
    ? { lagMs, crmLagMs: receivedAt - occurredAt, ownLagMs: now - receivedAt }
    : { lagMs };
};

/**
 * What is told of one record. `twilioCalls` are the requests made to its Tasks; the other messages of
 * the batch for the same Task share them. `next` is what became of the record. No link, title or
 * attribute is among it.
 */
const outcomeFields = (handled: Handled, stays: boolean, now: number) => {
  const { record, tries, message, outcome, visits, fate } = handled;
  const hidden = visits.flatMap((visit) => visit.hidden);
  const budgets = visits.filter(gaveUp).map(({ taskSid, budget }) => ({ taskSid, ...budget }));
  return {
    messageId: record.messageId,
    ...readReplayMark(record.messageAttributes),
    ...subjectOf(message),
    taskSid: oneOrAll(visits.map(({ taskSid }) => taskSid)),
    outcome: outcome.outcome,
    ...('reason' in outcome && { reason: outcome.reason, detail: outcome.detail }),
    next: stays ? 'give-back' : fate.fate,
    tries,
    twilioCalls: visits.reduce((sum, { progress }) => sum + progress.calls, 0),
    ...lagOf(handled, now),
    ...(budgets.length > 0 && { budget: budgets }),
    ...(hidden.length > 0 && { hidden }),
  };
};

const isUnauthorized = ({ outcome }: Handled): boolean =>
  outcome.outcome === 'retry' && outcome.reason === 'unauthorized';

/**
 * Writes one line for each record, a louder one where somebody may have to look, and one for the
 * batch where Twilio refused our credentials.
 */
export const logOutcomes = (
  logger: Log,
  batch: readonly Handled[],
  staying: ReadonlySet<Handled>,
  now: number,
): void => {
  for (const handled of batch) {
    const fields = outcomeFields(handled, staying.has(handled), now);
    const { outcome } = handled.outcome;
    const isLoud = outcome === 'retry' || outcome === 'rejected';
    if (isLoud || handled.fate.fate === 'dead-letter') logger.warn('outcome', fields);
    else logger.info('outcome', fields);
  }
  const records = batch.filter(isUnauthorized).length;
  if (records > 0) logger.error('Twilio refuses our API key: renew the Twilio secret', { records });
};
