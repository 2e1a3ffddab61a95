import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { RequestLog } from '../../shared/http/receive.ts';

/** The log entry of one request. Holds no attributes. */
export interface TaskEventLog extends RequestLog {
  /** Events in the request, and the reconciles that were put on the queue for them. */
  events: number;
  reconciles: number;
  /** Tickets that these Tasks name and do not show. */
  ticketsToLink: number;
  /** Attributes that should name a ticket and held something that is no id of its source. */
  invalidIds?: number;
  /** The Tasks of these reconciles and attributes, the first hundred. */
  tasks?: readonly string[];
}

/**
 * Writes an entry as one structured line, and as metrics. A request that needs nothing is logged at debug,
 * unless a Task in it holds an invalid id.
 */
export function createTaskEventLog(
  logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>,
  metrics: Metrics,
) {
  return (entry: TaskEventLog): void => {
    const { outcome, events, reconciles, ticketsToLink, invalidIds = 0 } = entry;
    const isServerError = outcome === 'unavailable';
    const isClientError = !isServerError && outcome !== 'accepted' && outcome !== 'ignored';
    const success = outcome === 'ignored' && invalidIds === 0 ? 'debug' : 'info';
    const level = isServerError ? 'error' : isClientError ? 'warn' : success;
    logger[level](`task-event ${outcome}`, { ...entry });
    metrics.addMetric('Events', 'Count', events);
    metrics.addMetric('Reconciles', 'Count', reconciles);
    metrics.addMetric('TicketsToLink', 'Count', ticketsToLink);
    metrics.addMetric('InvalidTicketIds', 'Count', invalidIds);
    metrics.addMetric('ClientErrors', 'Count', isClientError ? 1 : 0);
    metrics.addMetric('ServerErrors', 'Count', isServerError ? 1 : 0);
    metrics.publishStoredMetrics();
  };
}
