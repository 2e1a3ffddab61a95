import { finishedTaskSeconds } from '../../../shared/config/numbers.ts';
import { maximumTries } from '../../../shared/config/retry.ts';
import type { Settle } from '../../../shared/message/settle.ts';
import type { Outcome, RejectReason, RetryReason } from '../apply/outcome.ts';
import type { Later } from './confirmation.ts';
import { retryWaitSeconds } from './retry-wait.ts';

/** Why a message lies in the dead-letter queue. */
export type DeadLetterReason = RejectReason | Exclude<RetryReason, 'conflict' | 'deadline'>;

/** What becomes of a record. */
export type Fate =
  | { readonly fate: 'acknowledge' }
  /** A copy with fresh tries goes to the queue, or what comes after it; this one is acknowledged. */
  | { readonly fate: 'send-again'; readonly delaySeconds: number; readonly message?: Settle }
  /** It stays in the queue and is handed over again. */
  | { readonly fate: 'give-back'; readonly visibilitySeconds: number }
  | {
      readonly fate: 'dead-letter';
      readonly reason: DeadLetterReason;
      readonly detail: string;
    };

/**
 * A ticket's first webhook often comes before its id stands on the Task (the agent's plugin writes
 * it there), so that a conversation which is not found yet is looked for a little longer.
 */
const patienceMs = 60_000;
const unmatchedDelaySeconds = 20;

/**
 * Never as long as a finished Task lives: a conversation may be accepted and over between two tries,
 * and the second must still meet it.
 */
const longestWaitSeconds = finishedTaskSeconds - 30;
const waitingDelaySeconds = (ageMs: number): number =>
  Math.round(Math.max(2, Math.min(longestWaitSeconds, ageMs / 4000)));

const whenTriesAreUsedUp: Record<RetryReason, DeadLetterReason> = {
  unauthorized: 'unauthorized',
  crashed: 'crashed',
  'taskrouter-unavailable': 'taskrouter-unavailable',
  conflict: 'taskrouter-unavailable',
  deadline: 'taskrouter-unavailable',
};

/**
 * Decides what becomes of a record.
 *
 * | outcome                                     | record                                         |
 * | ------------------------------------------- | ---------------------------------------------- |
 * | linked, removed, settled, stale, expired    | acknowledged                                   |
 * | unchanged                                   | acknowledged; sent again for a confirmation    |
 * |                                             | that is not the last                           |
 * | unmatched, taken in less than 60 s ago      | sent again, in 20 s                            |
 * | unmatched, older                            | acknowledged                                   |
 * | waiting                                     | sent again, in a quarter of its age (2-90 s)   |
 * | retry, tries used up                        | dead letter                                    |
 * | retry, for want of time                     | given back, for at once or in a second         |
 * | retry                                       | given back, for as long as the table says      |
 * | rejected                                    | dead letter                                    |
 * | waiting or rejected, made again by the next | acknowledged: waiting once it is 60 s old,     |
 * | event of its Task (`isMadeAgain`)           | rejected at once                               |
 *
 * `ageMs` is the time since the message was taken in, `random` is in [0, 1), `next` what comes after a
 * confirmation that found nothing to do.
 */
export const triage = (
  outcome: Outcome,
  {
    tries,
    ageMs,
    random,
    next,
    isMadeAgain = false,
  }: {
    readonly tries: number;
    readonly ageMs: number;
    readonly random: number;
    readonly next?: Later | undefined;
    readonly isMadeAgain?: boolean;
  },
): Fate => {
  switch (outcome.outcome) {
    case 'linked':
    case 'removed':
    case 'settled':
    case 'stale':
    case 'expired':
      return { fate: 'acknowledge' };
    case 'unchanged':
      return next === undefined ? { fate: 'acknowledge' } : { fate: 'send-again', ...next };
    case 'unmatched':
      return ageMs < patienceMs
        ? { fate: 'send-again', delaySeconds: unmatchedDelaySeconds }
        : { fate: 'acknowledge' };
    case 'waiting':
      if (isMadeAgain && ageMs >= patienceMs) return { fate: 'acknowledge' };
      return { fate: 'send-again', delaySeconds: waitingDelaySeconds(ageMs) };
    case 'retry': {
      const { reason, detail } = outcome;
      if (tries >= maximumTries) {
        return {
          fate: 'dead-letter',
          reason: whenTriesAreUsedUp[reason],
          detail: `${reason}: ${detail}`,
        };
      }
      const visibilitySeconds =
        reason === 'deadline' ? Math.round(random) : retryWaitSeconds(tries, random, outcome);
      return { fate: 'give-back', visibilitySeconds };
    }
    case 'rejected':
      if (isMadeAgain) return { fate: 'acknowledge' };
      return { fate: 'dead-letter', reason: outcome.reason, detail: outcome.detail };
  }
};
