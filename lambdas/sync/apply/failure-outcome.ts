import {
  BadRequest,
  CircuitOpen,
  NotFound,
  TaskRouterError,
  Transient,
  Unauthorized,
} from '../../../shared/taskrouter/failures.ts';
import type { Outcome } from './outcome.ts';

const statusText = (error: TaskRouterError): string =>
  error.status === undefined ? 'no answer' : `HTTP ${error.status}`;

/**
 * What a failed try means for its changes.
 *
 * | failure          | outcome                                              |
 * | ---------------- | ---------------------------------------------------- |
 * | Gone             | expired: Twilio deletes finished Tasks, for good     |
 * | Invalid          | rejected: the same request would be refused again    |
 * | Refused          | retry: until somebody has put the credentials right  |
 * | Retryable        | retry, no sooner than Twilio asked for               |
 * | NotAsked         | as the failure that it spares another one of, no     |
 * |                  | sooner than TaskRouter is asked again                |
 * | any other        | retry: a fault of ours, mended by a deployment       |
 */
export const outcomeOfError = (error: unknown): Outcome => {
  if (error instanceof CircuitOpen) {
    const reason = error.cause instanceof Unauthorized ? 'unauthorized' : 'taskrouter-unavailable';
    const detail = `not asked, as before: ${statusText(error)}`;
    return { outcome: 'retry', reason, detail, retryAfterMs: error.retryAfterMs };
  }
  if (error instanceof NotFound) return { outcome: 'expired' };
  if (error instanceof BadRequest) {
    return { outcome: 'rejected', reason: 'refused-by-twilio', detail: statusText(error) };
  }
  if (error instanceof Unauthorized) {
    return { outcome: 'retry', reason: 'unauthorized', detail: statusText(error) };
  }
  if (error instanceof TaskRouterError) {
    const retryAfterMs = error instanceof Transient ? error.retryAfterMs : undefined;
    const detail = statusText(error);
    return { outcome: 'retry', reason: 'taskrouter-unavailable', detail, retryAfterMs };
  }
  const detail = error instanceof Error ? error.name : typeof error;
  return { outcome: 'retry', reason: 'crashed', detail };
};
