import {
  BadRequest,
  CircuitOpen,
  InvalidResponse,
  NotFound,
  TaskRouterError,
  Transient,
  Unauthorized,
} from '../taskrouter/errors.ts';
import type { Outcome } from './types.ts';

/**
 * What an error means for the messages of its request.
 *
 * | error            | outcome                                                              |
 * | ---------------- | -------------------------------------------------------------------- |
 * | NotFound         | expired: Twilio deletes finished Tasks, for good                     |
 * | BadRequest       | rejected: Twilio would reject the same request again                 |
 * | Unauthorized     | retry: until a person has corrected the credentials                  |
 * | InvalidResponse  | retry: until TaskRouter itself answers                               |
 * | Transient        | retry, no sooner than Twilio asks for                                |
 * | DeadlineExceeded | retry                                                                |
 * | CircuitOpen      | retry, for the reason of the last failure, when the circuit may close|
 * | any other        | retry: a bug of ours, until a deployment fixes it                    |
 */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof CircuitOpen) {
    const reason = error.cause instanceof Unauthorized ? 'unauthorized' : 'taskrouter-unavailable';
    const detail = `circuit open, last failure: ${statusText(error)}`;
    return { outcome: 'retry', reason, detail, retryAfterMs: error.retryAfterMs };
  }
  if (error instanceof NotFound) return { outcome: 'expired' };
  if (error instanceof BadRequest) {
    return { outcome: 'rejected', reason: 'twilio-bad-request', detail: statusText(error) };
  }
  if (error instanceof Unauthorized) {
    return { outcome: 'retry', reason: 'unauthorized', detail: statusText(error) };
  }
  if (error instanceof InvalidResponse) {
    return { outcome: 'retry', reason: 'taskrouter-invalid-response', detail: error.message };
  }
  if (error instanceof TaskRouterError) {
    const retryAfterMs = error instanceof Transient ? error.retryAfterMs : undefined;
    const detail = statusText(error);
    return { outcome: 'retry', reason: 'taskrouter-unavailable', detail, retryAfterMs };
  }
  const detail = error instanceof Error ? error.name : typeof error;
  return { outcome: 'retry', reason: 'crashed', detail };
}

/** Whether a message still has to be applied. */
export function isPending({ outcome }: Outcome): boolean {
  return outcome === 'retry' || outcome === 'waiting';
}

/**
 * Which outcome counts for a message that went to several Tasks: the first of this list.
 *
 * Pending ones come first: the message is tried again for that Task, and changes nothing on the others.
 * Of the final ones, first what a person has to see, then what was written. Of the reasons to retry,
 * first what a person has to see, then the one that waits longest.
 */
const precedence = [
  'retry unauthorized',
  'retry crashed',
  'retry taskrouter-invalid-response',
  'retry taskrouter-unavailable',
  'retry conflict',
  'retry deadline',
  'waiting',
  'rejected',
  'linked',
  'removed',
  'reconciled',
  'unchanged',
  'stale',
  'expired',
  'unmatched',
];

/**
 * The outcome of a message out of those at its Tasks; without any Task it is `unmatched`. If one of the
 * Tasks is finishing, a retry is urgent.
 */
export function combineOutcomes(outcomes: readonly Outcome[]): Outcome {
  const [first] = outcomes.toSorted((a, b) => rank(a) - rank(b) || waitOf(b) - waitOf(a));
  const isFinishing = outcomes.some((each) => each.outcome === 'retry' && each.finishing);
  if (first?.outcome === 'retry' && isFinishing) return { ...first, finishing: true };
  return first ?? { outcome: 'unmatched' };
}

function rank(outcome: Outcome): number {
  return precedence.indexOf(
    outcome.outcome === 'retry' ? `retry ${outcome.reason}` : outcome.outcome,
  );
}

function waitOf(outcome: Outcome): number {
  return outcome.outcome === 'retry' ? (outcome.retryAfterMs ?? 0) : 0;
}

function statusText(error: TaskRouterError): string {
  return error.status === undefined ? 'no response' : `HTTP ${error.status}`;
}
