import { isConfirmation, type Message, readReplayMark } from '../../shared/messages/message.ts';
import type { Log, SyncOptions } from '../../shared/sync/options.ts';
import type {
  BatchRecord,
  BatchResult,
  Outcome,
  Result,
  RetryReason,
  TaskUpdate,
} from '../../shared/sync/types.ts';
import type { CircuitState } from '../../shared/taskrouter/circuit-breaker.ts';

/**
 * Writes one line for each record, as a warning if a person may have to act. For the whole batch, one warning
 * counts the records that are retried, by reason, and one error says that Twilio rejected our credentials.
 */
export function logOutcomes(logger: Log, batch: BatchResult, now: number): void {
  for (const [delivery, result] of batch.results) {
    const fields = outcomeFields(delivery, result, batch, now);
    const { outcome, disposition } = result;
    const isWarning = outcome.outcome === 'rejected' || disposition.action === 'dead-letter';
    if (isWarning) logger.warn('outcome', fields);
    else logger.info('outcome', fields);
  }
  const reasons = [...batch.results.values()].flatMap(retryReason);
  if (reasons.length > 0) {
    const retries = Object.fromEntries(
      [...Map.groupBy(reasons, (reason) => reason)].map(([reason, { length }]) => [reason, length]),
    );
    logger.warn('records are retried', { records: batch.results.size, retries });
  }
  const records = [...batch.results.values()].filter(isUnauthorized).length;
  if (records > 0) {
    logger.error('Twilio rejected the API key (401 or 403): store a new key in the Twilio secret', {
      records,
    });
  }
}

/**
 * The fields of one record's log line. `twilioCalls` counts the requests to its Tasks. Other messages of the batch
 * about the same Task share these requests. No field contains a link, title or attribute.
 */
function outcomeFields(
  delivery: BatchRecord,
  { outcome, disposition }: Result,
  { updates, keptInQueue }: BatchResult,
  now: number,
) {
  const { record, tries, message } = delivery;
  const own = updates.filter(({ outcomes }) => message !== undefined && outcomes.has(delivery));
  const hidden = own.flatMap((update) => update.hidden);
  const budgets = own.flatMap(budgetLoss);
  return {
    messageId: record.messageId,
    ...readReplayMark(record.messageAttributes),
    ...messageFields(message),
    taskSid: oneOrAll(own.map(({ taskSid }) => taskSid)) ?? namedTask(message),
    outcome: outcome.outcome,
    ...('reason' in outcome && { reason: outcome.reason, detail: outcome.detail }),
    disposition: keptInQueue.has(delivery) ? 'retry-later' : disposition.action,
    tries,
    twilioCalls: own.reduce((sum, { progress }) => sum + progress.calls, 0),
    ...lagFields(message, outcome, now),
    ...linkFields(message, outcome, own),
    ...(budgets.length > 0 && { budget: budgets }),
    ...(hidden.length > 0 && { hidden }),
  };
}

/** What the message is about. */
function messageFields(message: Message | undefined) {
  if (message === undefined) return {};
  if (message.kind === 'ticket-change') {
    const { ticket, version, correlation } = message.change;
    const { callSid, conversationSid } = correlation;
    return { ticket, version, callSid, conversationSid, recheckRound: message.meta.recheckRound };
  }
  const reconcile = isConfirmation(message)
    ? `confirmation ${message.meta.confirmationRound}`
    : 'event';
  return { reconcile };
}

/**
 * The time since the change in the CRM. If the Task was deleted, or may have been (`late`), also the time until the
 * webhook came, and the time since then.
 */
function lagFields(message: Message | undefined, outcome: Outcome, now: number) {
  if (message === undefined) return {};
  const processingLagMs = now - message.meta.receivedAt;
  if (message.kind === 'reconcile') {
    const isLost = outcome.outcome === 'expired' && message.meta.toLink;
    return isLost ? { lagMs: now - message.meta.occurredAt, processingLagMs } : {};
  }
  const { change, meta } = message;
  const lagMs = now - change.occurredAt;
  const crmLagMs = meta.receivedAt - change.occurredAt;
  if (outcome.outcome === 'expired') return { lagMs, crmLagMs, processingLagMs };
  const isLate = outcome.outcome === 'unmatched' && outcome.late;
  return isLate ? { late: true, lagMs, crmLagMs, processingLagMs } : { lagMs };
}

const maxTickets = 20;

/** The tickets whose links a reconcile wrote or removed. If there are many, only the first. */
function linkFields(
  message: Message | undefined,
  { outcome }: Outcome,
  updates: readonly TaskUpdate[],
) {
  if (message?.kind !== 'reconcile' || outcome !== 'reconciled') return {};
  const linked = updates.flatMap(({ written }) => written?.linked ?? []).slice(0, maxTickets);
  const removed = updates.flatMap(({ written }) => written?.removed ?? []).slice(0, maxTickets);
  return { ...(linked.length > 0 && { linked }), ...(removed.length > 0 && { removed }) };
}

function budgetLoss({ taskSid, written }: TaskUpdate) {
  if (written === undefined) return [];
  const { atTaskLevel, titlesDropped, evicted } = written.budget;
  const isLoss = atTaskLevel || titlesDropped || evicted.length > 0;
  return isLoss ? [{ taskSid, ...written.budget }] : [];
}

/** The Task that the message names. */
function namedTask(message: Message | undefined): string | undefined {
  return message?.kind === 'ticket-change'
    ? message.change.correlation.taskSid
    : message?.meta.taskSid;
}

function oneOrAll(sids: readonly string[]): string | readonly string[] | undefined {
  return sids.length === 1 ? sids[0] : sids.length === 0 ? undefined : sids;
}

/** Why a record is tried again. */
function retryReason({ outcome, disposition }: Result): RetryReason[] {
  const isRetried = outcome.outcome === 'retry' && disposition.action !== 'dead-letter';
  return isRetried ? [outcome.reason] : [];
}

function isUnauthorized({ outcome }: Result): boolean {
  return outcome.outcome === 'retry' && outcome.reason === 'unauthorized';
}

/**
 * Logs when a circuit breaker opens or closes, and counts each opening as `CircuitOpened`. The alarm needs to know
 * whether any breaker opened within a minute. The log says which one. No other line has the field `circuitState`,
 * so one filter finds all of these lines.
 */
export function logCircuit({
  logger,
  metrics,
}: Pick<SyncOptions, 'logger' | 'metrics'>): (state: CircuitState) => void {
  return (change) => {
    const { circuit, state: circuitState } = change;
    if (change.state === 'closed') {
      logger.info('circuit breaker closed', { circuitState, circuit });
      return;
    }
    const openSeconds = Math.round(change.openSeconds * 10) / 10;
    const { status } = change;
    logger.warn('circuit breaker open', { circuitState, circuit, openSeconds, status });
    metrics.addMetric('CircuitOpened', 'Count', 1);
  };
}
