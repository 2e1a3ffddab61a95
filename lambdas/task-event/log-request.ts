import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { RequestLog } from '../../shared/http/receive.ts';

/** The log entry of one request. It contains no attributes. */
export interface TaskEventLog extends RequestLog {
  /** The number of events in the request. `reconciles` are the messages that were put on the queue for them. */
  events: number;
  reconciles: number;
  /** How many tickets these Tasks name without having their links. */
  ticketsToLink: number;
  /** How many attributes that should name a ticket contain a value that is not an id. */
  invalidIds?: number;
  /** The Tasks of these reconciles and attributes. At most a hundred. */
  tasks?: readonly string[];
}

/**
 * Writes an entry as one structured line, and as metrics. A request without effect is logged at debug level, unless
 * a Task in it has an invalid id.
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
