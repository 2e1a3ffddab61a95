import type { MetricPublisher } from './options.ts';
import type { Outcome } from './outcome.ts';
import type { Handled } from './types.ts';

const outcomeMetrics: Record<Outcome['outcome'], string> = {
  linked: 'Linked',
  removed: 'Removed',
  settled: 'Settled',
  unchanged: 'Unchanged',
  stale: 'Stale',
  waiting: 'Waiting',
  unmatched: 'Unmatched',
  expired: 'Expired',
  retry: 'Retry',
  rejected: 'Rejected',
};

/** A settle has nothing to lose: that it found nothing to do, or no Task, is no event. */
const reconcileMetrics: Partial<Record<Outcome['outcome'], string>> = {
  settled: 'Settled',
  retry: 'Retry',
  rejected: 'Rejected',
};

/** A look again that found nothing to do is no event either. */
const recheckMetrics: Partial<Record<Outcome['outcome'], string>> = {
  linked: 'Linked',
  removed: 'Removed',
  retry: 'Retry',
  rejected: 'Rejected',
};

/**
 * Counts a batch and publishes it, once. Beside one count for each outcome:
 *
 * - `LinkLag`, `OwnLag`, `ExpiredLag`: how late changes came that did not have to wait (`lagsOf`);
 * - `Restored`: Tasks on which a confirmation found our writing gone, and wrote it again;
 * - `TwilioCalls`: all requests of the invocation, those of the search included;
 * - `Conflicts`: writes that came too late and were made again;
 * - `DeadLettered`; `Unauthorized`: records that Twilio refused our credentials for;
 * - `Folded`, `TitlesDropped`, `Evicted`: what writes gave up to stay within Twilio's limit;
 * - `Hidden`: segments whose first item, of type Raw, hides our links.
 *
 * A change that is still looked for is not counted as unmatched.
 */
export function publishMetrics(
  metrics: MetricPublisher,
  batch: readonly Handled[],
  keptInQueue: ReadonlySet<Handled>,
  searchCalls: number,
  now: number,
): void {
  const counts = new Map<string, number>();
  const count = (name: string, by: number): void => {
    if (by > 0) counts.set(name, (counts.get(name) ?? 0) + by);
  };
  for (const handled of batch) {
    const { outcome, disposition } = handled;
    const metric = metricNameFor(handled);
    if (metric !== undefined) count(metric, 1);
    count(
      'DeadLettered',
      disposition.action === 'dead-letter' && !keptInQueue.has(handled) ? 1 : 0,
    );
    count('Unauthorized', outcome.outcome === 'retry' && outcome.reason === 'unauthorized' ? 1 : 0);
    for (const [name, lagMs] of Object.entries(lagsOf(handled, now))) {
      metrics.addMetric(name, 'Milliseconds', lagMs);
    }
  }
  for (const { progress, budget, hidden } of new Set(
    batch.flatMap(({ updates: visits }) => visits),
  )) {
    count('TwilioCalls', progress.calls);
    count('Conflicts', progress.conflicts);
    count('Folded', budget?.atTaskLevel ? 1 : 0);
    count('TitlesDropped', budget?.titlesDropped ? 1 : 0);
    count('Evicted', budget?.evicted.length ?? 0);
    count('Hidden', hidden.length);
  }
  count('TwilioCalls', searchCalls);
  for (const [name, value] of counts) metrics.addMetric(name, 'Count', value);
  metrics.publishStoredMetrics();
}

/**
 * A door has a change on the queue within so many milliseconds, as a rule, and the sync gathers a batch for
 * as long before it looks at it. So what was sent later is a copy.
 */
const maxSendMs = 1000;

/**
 * How late a record came, by the metrics that tell it, in milliseconds; none of a record that had to wait.
 *
 * - `LinkLag`: from the change in the CRM to its link on the Task, as a supervisor sees it;
 * - `OwnLag`: that from when we took it in, our part of it;
 * - `ExpiredLag`: from the change in the CRM to when its Task was found to be gone.
 */
export function lagsOf(
  { record, message, outcome: { outcome } }: Pick<Handled, 'record' | 'message' | 'outcome'>,
  now: number,
): Readonly<Partial<Record<'LinkLag' | 'OwnLag' | 'ExpiredLag', number>>> {
  if (message === undefined || !isFirstSend({ record, message })) return {};
  const lagMs = Math.max(0, now - message.occurredAt);
  if (outcome === 'expired') return { ExpiredLag: lagMs };
  return outcome === 'linked'
    ? { LinkLag: lagMs, OwnLag: Math.max(0, now - message.receivedAt) }
    : {};
}

function metricNameFor({
  outcome: { outcome },
  message,
  disposition,
}: Handled): string | undefined {
  const isStillSearched = outcome === 'unmatched' && disposition.action === 'send-again';
  if (isStillSearched) return undefined;
  if (message?.kind === 'ticket-change' && message.recheckRound !== undefined) {
    return recheckMetrics[outcome];
  }
  if (message?.kind !== 'settle') return outcomeMetrics[outcome];
  return outcome === 'settled' && message.confirmation !== undefined
    ? 'Restored'
    : reconcileMetrics[outcome];
}

/**
 * Whether a record could have been applied when it first came: no copy of a change that waited for an agent or
 * for its conversation, nor a dead letter that was replayed, nor made of what a Task names, which is put off
 * where the Task loses it again and again. Each of these is late for a reason that is none of ours. A copy
 * that was sent within the first second passes for the first: it was held back for 20 seconds at the most.
 */
function isFirstSend({ record, message }: Pick<Handled, 'record' | 'message'>): boolean {
  return (
    message?.kind === 'ticket-change' &&
    message.recheckRound === undefined &&
    message.fromTaskAttribute === undefined &&
    Number(record.attributes.SentTimestamp) - message.receivedAt <= maxSendMs
  );
}
