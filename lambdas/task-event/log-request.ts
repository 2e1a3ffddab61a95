import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { RequestLog } from '../../shared/http/receive.ts';

/** The log entry of one request. Holds no attributes. */
export interface TaskEventLog extends RequestLog {
  /** Events in the request, and the messages that were put on the queue for them. */
  events: number;
  reconciles: number;
  changes: number;
  /** The Tasks of these messages, the first hundred. */
  tasks?: readonly string[];
}

/** Writes an entry as one structured line, and as metrics. A request that needs nothing is logged at debug. */
export function createTaskEventLog(
  logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>,
  metrics: Metrics,
) {
  return (entry: TaskEventLog): void => {
    const { outcome, events, reconciles, changes } = entry;
    const isServerError = outcome === 'unavailable';
    const isClientError = !isServerError && outcome !== 'accepted' && outcome !== 'ignored';
    const success = outcome === 'ignored' ? 'debug' : 'info';
    const level = isServerError ? 'error' : isClientError ? 'warn' : success;
    logger[level](`task-event ${outcome}`, { ...entry });
    metrics.addMetric('Events', 'Count', events);
    metrics.addMetric('Reconciles', 'Count', reconciles);
    metrics.addMetric('TicketsToLink', 'Count', changes);
    metrics.addMetric('ClientErrors', 'Count', isClientError ? 1 : 0);
    metrics.addMetric('ServerErrors', 'Count', isServerError ? 1 : 0);
    metrics.publishStoredMetrics();
  };
}
