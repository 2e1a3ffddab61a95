import type { RejectionReason } from '../../shared/media/outcomes.ts';
import {
  BadRequest,
  CircuitOpen,
  NotFound,
  TaskRouterError,
  Transient,
  Unauthorized,
} from '../../shared/taskrouter/errors.ts';

/** Why a change is tried again. */
export type RetryReason =
  | 'unauthorized'
  | 'crashed'
  | 'taskrouter-unavailable'
  | 'conflict'
  | 'deadline';

/** Why a change can never be applied as it is. */
export type RejectReason = RejectionReason | 'refused-by-twilio' | 'invalid-message';

/** What one change came to in one try. A `detail` holds no values of the message or the Task. */
export type Outcome =
  | {
      readonly outcome:
        | 'linked'
        | 'removed'
        /** A Task that was not as it should be is so now. */
        | 'settled'
        | 'unchanged'
        | 'stale'
        | 'waiting'
        | 'unmatched'
        | 'expired';
    }
  | {
      readonly outcome: 'retry';
      readonly reason: RetryReason;
      readonly detail: string;
      /** The wait that Twilio asked for. */
      readonly retryAfterMs?: number | undefined;
      /** Whether its Task is in wrap-up or finished: there is little time left. */
      readonly finishing?: boolean;
    }
  | { readonly outcome: 'rejected'; readonly reason: RejectReason; readonly detail: string };

/**
 * Which outcome stands for a change that went to several Tasks: the first of these that any came to.
 *
 * What is still open comes first: the change goes round again for that Task's sake, and is a no-op
 * on the others. Of what is final, that which a person has to see comes first, then what was done.
 * Of the reasons to try again, the one that a person has to see, then the one that waits longest; and
 * if one of the Tasks has little time left, so has the change.
 */
const precedence = [
  'retry unauthorized',
  'retry crashed',
  'retry taskrouter-unavailable',
  'retry conflict',
  'retry deadline',
  'waiting',
  'rejected',
  'linked',
  'removed',
  'settled',
  'unchanged',
  'stale',
  'expired',
  'unmatched',
];

/** Whether a change has still to be applied. */
export function isPending({ outcome }: Outcome): boolean {
  return outcome === 'retry' || outcome === 'waiting';
}

/** The one outcome of a change out of those of its Tasks; no Task at all is `unmatched`. */
export function combineOutcomes(outcomes: readonly Outcome[]): Outcome {
  const [first] = outcomes.toSorted((a, b) => rank(a) - rank(b) || waitOf(b) - waitOf(a));
  const isFinishing = outcomes.some((each) => each.outcome === 'retry' && each.finishing);
  if (first?.outcome === 'retry' && isFinishing) return { ...first, finishing: true };
  return first ?? { outcome: 'unmatched' };
}

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
export function outcomeOfError(error: unknown): Outcome {
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
  return error.status === undefined ? 'no answer' : `HTTP ${error.status}`;
}
