import {
  Gone,
  Invalid,
  NotAsked,
  Refused,
  Retryable,
  TaskRouterFailure,
} from '../../../shared/taskrouter/failures.ts';
import type { Outcome } from './outcome.ts';

const answer = (failure: TaskRouterFailure): string =>
  failure.status === undefined ? 'no answer' : `HTTP ${failure.status}`;

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
export const outcomeOfFailure = (failure: unknown): Outcome => {
  if (failure instanceof NotAsked) {
    const reason = failure.cause instanceof Refused ? 'unauthorized' : 'taskrouter-unavailable';
    const detail = `not asked, as before: ${answer(failure)}`;
    return { outcome: 'retry', reason, detail, retryAfterMs: failure.retryAfterMs };
  }
  if (failure instanceof Gone) return { outcome: 'expired' };
  if (failure instanceof Invalid) {
    return { outcome: 'rejected', reason: 'refused-by-twilio', detail: answer(failure) };
  }
  if (failure instanceof Refused) {
    return { outcome: 'retry', reason: 'unauthorized', detail: answer(failure) };
  }
  if (failure instanceof TaskRouterFailure) {
    const retryAfterMs = failure instanceof Retryable ? failure.retryAfterMs : undefined;
    const detail = answer(failure);
    return { outcome: 'retry', reason: 'taskrouter-unavailable', detail, retryAfterMs };
  }
  const detail = failure instanceof Error ? failure.name : typeof failure;
  return { outcome: 'retry', reason: 'crashed', detail };
};
