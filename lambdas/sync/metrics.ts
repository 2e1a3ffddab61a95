import { isConfirmation, type Message } from '../../shared/messages/message.ts';
import type { MetricPublisher } from '../../shared/sync/options.ts';
import type { BatchRecord, BatchResult, Outcome, Result } from '../../shared/sync/types.ts';

/**
 * Counts a batch and publishes it, once. Beside one count for each outcome:
 *
 * - `LinkLag`, `ProcessingLag`, `ExpiredLag`: how late changes were that did not have to wait (`lagsOf`);
 * - `Repaired`: Tasks on which a confirmation found our links gone, and wrote them again;
 * - `TwilioCalls`: all requests of the invocation, those of the search included;
 * - `Conflicts`: writes that came too late and were made again;
 * - `DeadLettered`; `Unauthorized`: records for which Twilio rejected our credentials;
 * - `TaskLevelLists`, `TitlesDropped`, `Evicted`: what writes left out to stay within Twilio's limit;
 * - `HiddenByRaw`: segments whose first item, of type Raw, hides our links.
 *
 * A change that is still searched for does not count as unmatched.
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
  for (const [delivery, result] of results) {
    const { outcome, disposition } = result;
    const metric = metricNameFor(delivery.message, result);
    if (metric !== undefined) count(metric, 1);
    const isDeadLetter = disposition.action === 'dead-letter' && !keptInQueue.has(delivery);
    count('DeadLettered', isDeadLetter ? 1 : 0);
    count('Unauthorized', outcome.outcome === 'retry' && outcome.reason === 'unauthorized' ? 1 : 0);
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
  for (const [name, value] of counts) metrics.addMetric(name, 'Count', value);
  metrics.publishStoredMetrics();
}

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

/** Nor does a recheck that finds nothing to do. */
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
  return isConfirmation(message) ? confirmationMetrics[outcome] : reconcileMetrics[outcome];
}

/**
 * How late a record was, in milliseconds by metric name; none for a record that had to wait.
 *
 * - `LinkLag`: from the change in the CRM to its link on the Task, as a supervisor sees it;
 * - `ProcessingLag`: our part of it, from when the webhook accepted the change;
 * - `ExpiredLag`: from the change in the CRM to when its Task was found to be gone.
 */
export function lagsOf(
  delivery: Pick<BatchRecord, 'record' | 'message'>,
  { outcome }: Outcome,
  now: number,
): Readonly<Partial<Record<'LinkLag' | 'ProcessingLag' | 'ExpiredLag', number>>> {
  const { message } = delivery;
  if (message?.kind !== 'ticket-change' || !isFirstSend(delivery)) return {};
  const lagMs = Math.max(0, now - message.change.occurredAt);
  if (outcome === 'expired') return { ExpiredLag: lagMs };
  return outcome === 'linked'
    ? { LinkLag: lagMs, ProcessingLag: Math.max(0, now - message.meta.receivedAt) }
    : {};
}

/**
 * A webhook has a change on the queue within so many milliseconds, as a rule, and Lambda gathers a batch
 * for as long before the sync reads it. What was sent later is a copy.
 */
const maxSendMs = 1000;

/**
 * Whether a record could have been applied when it was first delivered. It could not if it is a copy of
 * a change that waited for an agent or for its conversation, or a replayed dead letter: their lag is not
 * that of the sync. A copy that was sent within the first second counts as the first: it was held back
 * for 20 seconds at most.
 */
function isFirstSend({ record, message }: Pick<BatchRecord, 'record' | 'message'>): boolean {
  return (
    message?.kind === 'ticket-change' &&
    message.meta.recheckRound === undefined &&
    Number(record.attributes.SentTimestamp) - message.meta.receivedAt <= maxSendMs
  );
}
