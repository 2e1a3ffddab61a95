import { finishedTaskTtlSeconds, maxDelaySeconds } from '../../shared/config/limits.ts';
import {
  expectedTries,
  giveUpAfterSeconds,
  minTries,
  retryWaitSeconds,
} from '../../shared/config/retry-policy.ts';
import type { Message } from '../../shared/messages/message.ts';
import type { Outcome, RejectReason, RetryReason } from './outcome.ts';
import type { FollowUp } from './recheck.ts';

/** Why a message lies in the dead-letter queue. */
export type DeadLetterReason = RejectReason | Exclude<RetryReason, 'conflict' | 'deadline'>;

/** What becomes of a record. */
export type Disposition =
  | { readonly action: 'acknowledge' }
  /** A copy with fresh tries goes to the queue, or what comes after it; this one is acknowledged. */
  | { readonly action: 'send-again'; readonly delaySeconds: number; readonly message?: Message }
  /** It stays in the queue and is handed over again. */
  | { readonly action: 'give-back'; readonly visibilitySeconds: number }
  | {
      readonly action: 'dead-letter';
      readonly reason: DeadLetterReason;
      readonly detail: string;
    };

/**
 * A ticket's first webhook often comes before its id stands on the Task (the agent's plugin writes
 * it there), so that a conversation which is not found yet is looked for a little longer.
 */
const unmatchedRetryMs = 60_000;

const unmatchedDelaySeconds = 20;

/**
 * A removal from everywhere is remembered by nothing but itself until a Task knows its ticket: a link that
 * is still on its way (it waits for an agent, or is tried again) must not outlive it so easily.
 */
const removalRetryMs = 3_600_000;

/** Want of time is no failure of the message: it gets fresh tries, and some rest. */
const requeueDelaySeconds = 60;

/**
 * Never as long as a finished Task lives: a conversation may be accepted and over between two tries,
 * and the second must still meet it.
 */
const maxWaitingSeconds = finishedTaskTtlSeconds - 30;

const reasonAfterRetries: Record<Exclude<RetryReason, 'deadline'>, DeadLetterReason> = {
  unauthorized: 'unauthorized',
  crashed: 'crashed',
  'taskrouter-unavailable': 'taskrouter-unavailable',
  conflict: 'taskrouter-unavailable',
};

/**
 * Decides what becomes of a record.
 *
 * | outcome                                     | record                                         |
 * | ------------------------------------------- | ---------------------------------------------- |
 * | linked, removed, settled, unchanged, stale  | acknowledged; what comes `next` is sent        |
 * | expired                                     | acknowledged                                   |
 * | unmatched, taken in less than 60 s ago      | sent again, in 20 s                            |
 * | unmatched, older                            | acknowledged                                   |
 * | unmatched, a removal from everywhere, less  | sent again, in as long as it is old            |
 * | than an hour old                            | (20 s-15 min)                                  |
 * | waiting                                     | sent again, in a quarter of its age (2-90 s)   |
 * | retry, for want of time                     | given back, for at once or in a second; after  |
 * |                                             | as many tries as an outage takes, sent again,  |
 * |                                             | in a minute                                    |
 * | retry, tried for 6.5 hours, and often       | dead letter                                    |
 * | retry                                       | given back, for as long as the table says      |
 * | rejected                                    | dead letter                                    |
 * | waiting or rejected, made again by the next | acknowledged: waiting once it is 60 s old,     |
 * | event of its Task (`isMadeAgain`)           | rejected at once                               |
 *
 * `ageMs` is the time since the message was taken in, `triedForMs` since SQS first handed it over,
 * `random` is in [0, 1), `next` what follows a message that has come back.
 */
export function decideDisposition(
  outcome: Outcome,
  {
    tries,
    triedForMs,
    ageMs,
    random,
    followUp,
    isRepeatable = false,
    isExclusiveRemoval = false,
  }: {
    readonly tries: number;
    readonly triedForMs: number;
    readonly ageMs: number;
    readonly random: number;
    readonly followUp?: FollowUp | undefined;
    readonly isRepeatable?: boolean;
    /** Whether it is a removal from everywhere that has found no Task yet. */
    readonly isExclusiveRemoval?: boolean;
  },
): Disposition {
  switch (outcome.outcome) {
    case 'expired':
      return { action: 'acknowledge' };
    case 'linked':
    case 'removed':
    case 'settled':
    case 'unchanged':
    case 'stale':
      return followUp === undefined
        ? { action: 'acknowledge' }
        : { action: 'send-again', ...followUp };
    case 'unmatched':
      if (isExclusiveRemoval && ageMs < removalRetryMs) {
        return { action: 'send-again', delaySeconds: removalDelaySeconds(ageMs) };
      }
      return ageMs < unmatchedRetryMs
        ? { action: 'send-again', delaySeconds: unmatchedDelaySeconds }
        : { action: 'acknowledge' };
    case 'waiting':
      if (isRepeatable && ageMs >= unmatchedRetryMs) return { action: 'acknowledge' };
      return { action: 'send-again', delaySeconds: waitingDelaySeconds(ageMs) };
    case 'retry': {
      const { reason, detail } = outcome;
      if (reason === 'deadline') {
        return tries >= expectedTries
          ? { action: 'send-again', delaySeconds: requeueDelaySeconds }
          : { action: 'give-back', visibilitySeconds: Math.round(random) };
      }
      if (tries >= minTries && triedForMs >= giveUpAfterSeconds * 1000) {
        return {
          action: 'dead-letter',
          reason: reasonAfterRetries[reason],
          detail: `${reason}: ${detail}`,
        };
      }
      const visibilitySeconds = retryWaitSeconds(tries, random, { ...outcome, triedForMs });
      return { action: 'give-back', visibilitySeconds };
    }
    case 'rejected':
      if (isRepeatable) return { action: 'acknowledge' };
      return { action: 'dead-letter', reason: outcome.reason, detail: outcome.detail };
  }
}

function removalDelaySeconds(ageMs: number): number {
  return Math.round(Math.max(unmatchedDelaySeconds, Math.min(maxDelaySeconds, ageMs / 1000)));
}

function waitingDelaySeconds(ageMs: number): number {
  return Math.round(Math.max(2, Math.min(maxWaitingSeconds, ageMs / 4000)));
}
