import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { RequestOutcome } from '../../shared/http/errors.ts';

/** What one request came to, for our own eyes. Holds no attributes. */
export interface TaskEventLog {
  readonly requestId: string;
  readonly outcome: RequestOutcome;
  readonly status: number;
  /** Events told, and what was put on the queue for them. */
  readonly events: number;
  readonly reconciles: number;
  readonly changes: number;
  /** Why events called for nothing. */
  readonly reasons?: readonly string[];
  /** The Tasks that there are messages for, the first hundred. */
  readonly tasks?: readonly string[];
  /** The fields that were wrong, by name. */
  readonly fields?: readonly string[];
  /** The error's name, and its causes'; with its message where that is one of ours. */
  readonly error?: string;
}

/** Writes a report as one structured line, and as metrics. What calls for nothing is told at debug. */
export function createTaskEventLog(
  logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>,
  metrics: Metrics,
) {
  return (entry: TaskEventLog): void => {
    const { outcome, events, reconciles, changes } = entry;
    const failed = outcome === 'unavailable';
    const refused = !failed && outcome !== 'accepted' && outcome !== 'ignored';
    const level = failed ? 'error' : refused ? 'warn' : outcome === 'ignored' ? 'debug' : 'info';
    logger[level](`task-event ${outcome}`, { ...entry });
    metrics.addMetric('Events', 'Count', events);
    metrics.addMetric('Reconciles', 'Count', reconciles);
    metrics.addMetric('TicketsToLink', 'Count', changes);
    metrics.addMetric('ClientErrors', 'Count', refused ? 1 : 0);
    metrics.addMetric('ServerErrors', 'Count', failed ? 1 : 0);
    metrics.publishStoredMetrics();
  };
}
