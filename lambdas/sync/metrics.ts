import { isConfirmation, type Message, readReplayMark } from '../../shared/messages/message.ts';
import type { MetricPublisher } from '../../shared/sync/options.ts';
import { isFirstSend } from '../../shared/sync/outcome.ts';
import type {
  BatchRecord,
  BatchResult,
  Outcome,
  Result,
  RetryReason,
} from '../../shared/sync/types.ts';
import { hasSid } from '../../shared/taskrouter/criteria.ts';

/**
 * Publishes the metrics of records that were tried together. There is one count for each outcome, and:
 *
 * - `LinkLag`, `ProcessingLag`, `ExpiredLag`: how late changes were that did not have to wait (`lagsOf`);
 * - `UnmatchedWithSid`: changes that named a conversation by its SID, and no Task had it;
 * - `UnmatchedLate`: links without a SID. They came so late that their Task may have been deleted;
 * - `Repaired`: Tasks whose links a confirmation found missing, and wrote again;
 * - `TwilioCalls`: all requests of the invocation, also those of the search;
 * - `Conflicts`: writes that Twilio rejected with 412. sync made them again;
 * - `Written`: Tasks that were written. It is published if it is 0 too, so that alarms can tell 0 from no data;
 * - `RetryAge`: milliseconds since the first try of the oldest record that failed, 0 if none failed. It is published
 *   only with a failure or a write;
 * - `Retry` and `retryMetrics`: records that are retried, by reason;
 * - `DeadLettered`, `DeadLettered-<reason>`: dead letters, in all and by reason;
 * - `TaskLevelLists`, `TitlesDropped`, `Evicted`: what writes left out to stay within Twilio's limit;
 * - `HiddenByRaw`: segments whose first item, of type Raw, hides our links;
 * - `CircuitOpened`: how often a circuit breaker opened (`logCircuit`).
 *
 * A change that is still searched for does not count as unmatched. A reconcile whose Task was deleted counts as
 * expired if it had a ticket to link.
 */
export function publishMetrics(
  metrics: MetricPublisher,
  { results, updates, keptInQueue, searchCalls }: BatchResult,
  now: number,
): void {
  const counts = new Map<string, number>();
  const count = (name: string, by: number): void => {
    if (by > 0) counts.set(name, (counts.get(name) ?? 0) + by);
  };
  const retryAges: number[] = [];
  for (const [delivery, result] of results) {
    const { outcome, disposition } = result;
    const metric = metricNameFor(delivery.message, result);
    if (metric !== undefined) count(metric, 1);
    const unmatched =
      metric === 'Unmatched' ? unmatchedMetric(delivery.message, outcome) : undefined;
    if (unmatched !== undefined) count(unmatched, 1);
    if (disposition.action === 'dead-letter' && !keptInQueue.has(delivery)) {
      count('DeadLettered', 1);
      count(`DeadLettered-${disposition.reason}`, 1);
    }
    if (outcome.outcome === 'retry') {
      count(retryMetrics[outcome.reason], 1);
      retryAges.push(Math.max(0, now - delivery.firstTriedAt));
    }
    for (const [name, lagMs] of Object.entries(lagsOf(delivery, outcome, now))) {
      metrics.addMetric(name, 'Milliseconds', lagMs);
    }
  }
  for (const { progress, written, hidden } of updates) {
    count('TwilioCalls', progress.calls);
    count('Conflicts', progress.conflicts);
    count('TaskLevelLists', written?.budget.atTaskLevel ? 1 : 0);
    count('TitlesDropped', written?.budget.titlesDropped ? 1 : 0);
    count('Evicted', written?.budget.evicted.length ?? 0);
    count('HiddenByRaw', hidden.length);
  }
  count('TwilioCalls', searchCalls);
  const tasksWritten = updates.filter(({ written }) => written !== undefined).length;
  metrics.addMetric('Written', 'Count', tasksWritten);
  if (tasksWritten > 0 || retryAges.length > 0) {
    metrics.addMetric('RetryAge', 'Milliseconds', Math.max(0, ...retryAges));
  }
  for (const [name, value] of counts) metrics.addMetric(name, 'Count', value);
  metrics.publishStoredMetrics();
}

/** Records that are retried, by reason. `Retry` counts all of them. */
const retryMetrics: Record<RetryReason, string> = {
  unauthorized: 'Unauthorized',
  crashed: 'Crashed',
  'taskrouter-unavailable': 'TaskRouterUnavailable',
  'taskrouter-invalid-response': 'TaskRouterInvalidResponse',
  conflict: 'WriteConflict',
  deadline: 'OutOfTime',
  'sync-did-not-finish': 'SyncDidNotFinish',
};

const outcomeMetrics: Record<Outcome['outcome'], string> = {
  linked: 'Linked',
  removed: 'Removed',
  reconciled: 'Reconciled',
  unchanged: 'Unchanged',
  stale: 'Stale',
  waiting: 'Waiting',
  unmatched: 'Unmatched',
  expired: 'Expired',
  retry: 'Retry',
  rejected: 'Rejected',
};

/**
 * The metric of a link that no Task has. It depends on what is known about the conversation: `outcomeWithoutTask`.
 */
function unmatchedMetric(message: Message | undefined, outcome: Outcome): string | undefined {
  if (message?.kind !== 'ticket-change' || message.change.link === null) return undefined;
  if (hasSid(message.change.correlation)) return 'UnmatchedWithSid';
  return outcome.outcome === 'unmatched' && outcome.late ? 'UnmatchedLate' : undefined;
}

/** A reconcile that finds nothing to do, or no Task, does not count. */
const reconcileMetrics: Partial<Record<Outcome['outcome'], string>> = {
  reconciled: 'Reconciled',
  retry: 'Retry',
  rejected: 'Rejected',
};

const confirmationMetrics: typeof reconcileMetrics = {
  ...reconcileMetrics,
  reconciled: 'Repaired',
};

/** A recheck that finds nothing to do does not count either. */
const recheckMetrics: Partial<Record<Outcome['outcome'], string>> = {
  linked: 'Linked',
  removed: 'Removed',
  retry: 'Retry',
  rejected: 'Rejected',
};

function metricNameFor(
  message: Message | undefined,
  { outcome: { outcome }, disposition }: Result,
): string | undefined {
  if (outcome === 'unmatched' && disposition.action === 'requeue') return undefined;
  if (message === undefined) return outcomeMetrics[outcome];
  if (message.kind === 'ticket-change') {
    const isRecheck = message.meta.recheckRound !== undefined;
    return isRecheck ? recheckMetrics[outcome] : outcomeMetrics[outcome];
  }
  if (outcome === 'expired' && message.meta.toLink) return outcomeMetrics.expired;
  return isConfirmation(message) ? confirmationMetrics[outcome] : reconcileMetrics[outcome];
}

/**
 * How late a record was, in milliseconds by metric name. A recheck has none. A change that waited for an agent has
 * none.
 *
 * - `LinkLag`: from the change in the CRM to its link on the Task. None if the change had to wait for its
 *   conversation, or was replayed;
 * - `ProcessingLag`: our part of it, from the acceptance of the webhook to the link;
 * - `ExpiredLag`: from the change in the CRM until sync found its Task deleted. For a reconcile that had a ticket to
 *   link, from its event. None for a replay.
 */
export function lagsOf(
  delivery: Pick<BatchRecord, 'record' | 'sentAt' | 'message'>,
  { outcome }: Outcome,
  now: number,
): Readonly<Partial<Record<'LinkLag' | 'ProcessingLag' | 'ExpiredLag', number>>> {
  const { record, sentAt, message } = delivery;
  if (message === undefined) return {};
  const isReplayed = readReplayMark(record.messageAttributes) !== undefined;
  if (message.kind === 'reconcile') {
    const isLost = outcome === 'expired' && message.meta.toLink && !isReplayed;
    return isLost ? { ExpiredLag: Math.max(0, now - message.meta.occurredAt) } : {};
  }
  if (message.meta.recheckRound !== undefined || message.meta.found) return {};
  const lagMs = Math.max(0, now - message.change.occurredAt);
  if (outcome === 'expired') return isReplayed ? {} : { ExpiredLag: lagMs };
  return outcome === 'linked' && isFirstSend({ sentAt, message })
    ? { LinkLag: lagMs, ProcessingLag: Math.max(0, now - message.meta.receivedAt) }
    : {};
}
