import type { Outcome } from '../apply/outcome.ts';
import type { Handled } from '../handled.ts';
import type { MetricPublisher } from '../sync-options.ts';
import { lagsOf } from './lags-of.ts';

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

const metricNameFor = ({
  outcome: { outcome },
  message,
  disposition,
}: Handled): string | undefined => {
  const isStillSearched = outcome === 'unmatched' && disposition.action === 'send-again';
  if (isStillSearched) return undefined;
  if (message?.kind === 'ticket-change' && message.recheckRound !== undefined) {
    return recheckMetrics[outcome];
  }
  if (message?.kind !== 'settle') return outcomeMetrics[outcome];
  return outcome === 'settled' && message.confirmation !== undefined
    ? 'Restored'
    : reconcileMetrics[outcome];
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
export const publishMetrics = (
  metrics: MetricPublisher,
  batch: readonly Handled[],
  keptInQueue: ReadonlySet<Handled>,
  searchCalls: number,
  now: number,
): void => {
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
    count('Folded', budget?.folded ? 1 : 0);
    count('TitlesDropped', budget?.titlesDropped ? 1 : 0);
    count('Evicted', budget?.evicted.length ?? 0);
    count('Hidden', hidden.length);
  }
  count('TwilioCalls', searchCalls);
  for (const [name, value] of counts) metrics.addMetric(name, 'Count', value);
  metrics.publishStoredMetrics();
};
