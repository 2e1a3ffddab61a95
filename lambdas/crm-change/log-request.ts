import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { RequestLog } from '../../shared/http/receive.ts';

/** The log entry of one request. It contains no bodies, titles or values. */
export interface CrmRequestLog extends Omit<RequestLog, 'status'> {
  /** The source's name, if it is one of ours. */
  source?: string | undefined;
  /** The sender's own id of the delivery. */
  deliveryId?: string | undefined;
  /** The status of the response. An event of EventBridge has none. */
  status?: number;
  accepted: number;
  ignored: number;
  /** Keys of the tickets whose changes are on the queue. */
  tickets?: readonly string[];
}

/** Writes an entry as one structured line, and as metrics by source. */
export function createCrmRequestLog(
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  metrics: Metrics,
) {
  return (entry: CrmRequestLog): void => {
    const { outcome, source = 'unknown', accepted, ignored } = entry;
    const isServerError = outcome === 'unavailable';
    const isClientError = !isServerError && outcome !== 'accepted' && outcome !== 'ignored';
    const level = isServerError ? 'error' : isClientError ? 'warn' : 'info';
    logger[level](`crm-change ${outcome}`, { ...entry });
    metrics
      .addDimension('source', source)
      .addMetric('Accepted', 'Count', accepted)
      .addMetric('Ignored', 'Count', ignored)
      .addMetric('ClientErrors', 'Count', isClientError ? 1 : 0)
      .addMetric('ServerErrors', 'Count', isServerError ? 1 : 0)
      .publishStoredMetrics();
  };
}
