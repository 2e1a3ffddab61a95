import type { Rejection } from '../../../shared/media/judge-changes.ts';

/** Why a change is tried again. */
export type RetryReason =
  | 'unauthorized'
  | 'crashed'
  | 'taskrouter-unavailable'
  | 'conflict'
  | 'deadline';

/** Why a change can never be applied as it is. */
export type RejectReason = Rejection | 'refused-by-twilio' | 'invalid-message';

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
export const isPending = ({ outcome }: Outcome): boolean =>
  outcome === 'retry' || outcome === 'waiting';

const rank = (outcome: Outcome): number =>
  precedence.indexOf(outcome.outcome === 'retry' ? `retry ${outcome.reason}` : outcome.outcome);

const waitOf = (outcome: Outcome): number =>
  outcome.outcome === 'retry' ? (outcome.retryAfterMs ?? 0) : 0;

/** The one outcome of a change out of those of its Tasks; no Task at all is `unmatched`. */
export const combineOutcomes = (outcomes: readonly Outcome[]): Outcome => {
  const [first] = outcomes.toSorted((a, b) => rank(a) - rank(b) || waitOf(b) - waitOf(a));
  const isFinishing = outcomes.some((each) => each.outcome === 'retry' && each.finishing);
  if (first?.outcome === 'retry' && isFinishing) return { ...first, finishing: true };
  return first ?? { outcome: 'unmatched' };
};
