import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { RequestOutcome } from '../../shared/http/errors.ts';

/** What one request came to, for our own eyes. Holds no payload: no bodies, titles or values. */
export interface CrmRequestLog {
  readonly requestId: string;
  /** The source's name, once it is known to be one of ours. */
  readonly source?: string | undefined;
  /** What the sender calls the delivery. */
  readonly deliveryId?: string | undefined;
  readonly outcome: RequestOutcome;
  /** What was answered; an event of EventBridge gets no answer. */
  readonly status?: number;
  readonly accepted: number;
  readonly ignored: number;
  /** Keys of the tickets whose changes are on the queue. */
  readonly tickets?: readonly string[];
  /** Why events were ignored. */
  readonly reasons?: readonly string[];
  /** The fields that were wrong, by name. */
  readonly fields?: readonly string[];
  /** The error's name, and its causes'; with its message where that is one of ours. */
  readonly error?: string;
}

/** Writes a report as one structured line, and as metrics by source. */
export function createCrmRequestLog(
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  metrics: Metrics,
) {
  return (entry: CrmRequestLog): void => {
    const { outcome, source = 'unknown', accepted, ignored } = entry;
    const failed = outcome === 'unavailable';
    const refused = !failed && outcome !== 'accepted' && outcome !== 'ignored';
    logger[failed ? 'error' : refused ? 'warn' : 'info'](`crm-change ${outcome}`, { ...entry });
    metrics
      .addDimension('source', source)
      .addMetric('Accepted', 'Count', accepted)
      .addMetric('Ignored', 'Count', ignored)
      .addMetric('ClientErrors', 'Count', refused ? 1 : 0)
      .addMetric('ServerErrors', 'Count', failed ? 1 : 0)
      .publishStoredMetrics();
  };
}
