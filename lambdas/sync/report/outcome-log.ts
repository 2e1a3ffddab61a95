import type { Visit } from '../apply/visit-task.ts';
import type { Handled } from '../handled.ts';
import type { Log } from '../sync-options.ts';

const gaveUp = ({ budget }: Visit): boolean =>
  budget !== undefined && (budget.folded || budget.titlesDropped || budget.evicted.length > 0);

const oneOrAll = (sids: readonly string[]): string | readonly string[] | undefined =>
  sids.length === 1 ? sids[0] : sids.length === 0 ? undefined : sids;

/**
 * What is told of one record. `twilioCalls` are the requests made to its Tasks; the other changes of
 * the batch to the same Task share them. `next` is what became of the record. No link, title or
 * attribute is among it.
 */
const outcomeFields = (handled: Handled, stays: boolean, now: number) => {
  const { record, tries, change, outcome, visits, fate } = handled;
  const hidden = visits.flatMap((visit) => visit.hidden);
  const budgets = visits.filter(gaveUp).map(({ taskSid, budget }) => ({ taskSid, ...budget }));
  return {
    messageId: record.messageId,
    ticket: change?.ticket,
    version: change?.version,
    taskSid: oneOrAll(visits.map(({ taskSid }) => taskSid)),
    outcome: outcome.outcome,
    ...('reason' in outcome && { reason: outcome.reason, detail: outcome.detail }),
    next: stays ? 'give-back' : fate.fate,
    tries,
    twilioCalls: visits.reduce((sum, { cost }) => sum + cost.calls, 0),
    lagMs: change === undefined ? undefined : now - change.occurredAt,
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
    if (outcome === 'retry' || handled.fate.fate === 'dead-letter') logger.warn('outcome', fields);
    else logger.info('outcome', fields);
  }
  const records = batch.filter(isUnauthorized).length;
  if (records > 0) logger.error('Twilio refuses our API key: renew the Twilio secret', { records });
};
