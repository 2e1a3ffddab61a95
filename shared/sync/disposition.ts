import { finishedTaskTtlSeconds, maxDelaySeconds } from '../config/limits.ts';
import {
  giveUpAfterSeconds,
  maxUnfinishedTries,
  minTries,
  retryWaitSeconds,
  unfinishedWaitSeconds,
} from '../config/retry-policy.ts';
import type { Message } from '../messages/message.ts';
import { nextFollowUp } from './follow-ups.ts';
import type {
  BatchRecord,
  DeadLetterReason,
  Disposition,
  FollowUp,
  Outcome,
  RetryReason,
} from './types.ts';

interface DispositionOptions {
  /** Milliseconds since 1970. */
  now: number;
  /** A random number from 0 up to 1. */
  random: number;
  /** When confirmations and rechecks come, in seconds after the write, ascending. */
  confirmAfterSeconds: readonly number[];
}

/**
 * Decides what happens to a record.
 *
 * | outcome                                        | disposition                                      |
 * | ---------------------------------------------- | ------------------------------------------------ |
 * | linked, removed, reconciled, unchanged, stale  | acknowledge, or requeue as `nextFollowUp`        |
 * | expired                                        | acknowledge                                      |
 * | unmatched, accepted less than 60 s ago         | requeue, in 20 s                                 |
 * | unmatched, older                               | acknowledge                                      |
 * | unmatched, an exclusive removal, less than an  | requeue, in as long as it is old (20 s-15 min)   |
 * | hour old                                       |                                                  |
 * | waiting                                        | requeue, in a quarter of its age (2-60 s)        |
 * | retry, no time left                            | retry later, at once or in a second; after 14    |
 * |                                                | tries, requeue in 60 s                           |
 * | retry, the last try left no outcome            | retry later, within 10 s; after 4 such tries in  |
 * |                                                | a row, dead letter                               |
 * | retry, tried for 6.5 hours, and often          | dead letter                                      |
 * | retry                                          | retry later, by the table of `retryWaitSeconds`  |
 * | rejected                                       | dead letter                                      |
 * | rejected, a reconcile: the Task's next event   | acknowledge                                      |
 * | makes it again                                 |                                                  |
 */
export function decideDisposition(
  outcome: Outcome,
  {
    message,
    tries,
    firstTriedAt,
    unfinishedTries,
  }: Pick<BatchRecord, 'message' | 'tries' | 'firstTriedAt' | 'unfinishedTries'>,
  { now, random, confirmAfterSeconds }: DispositionOptions,
): Disposition {
  const ageMs = message === undefined ? 0 : Math.max(0, now - message.meta.receivedAt);
  switch (outcome.outcome) {
    case 'expired':
      return { action: 'acknowledge' };
    case 'linked':
    case 'removed':
    case 'reconciled':
    case 'unchanged':
    case 'stale':
      return requeueAs(message && nextFollowUp(message, outcome, confirmAfterSeconds));
    case 'unmatched':
      if (isExclusiveRemoval(message) && ageMs < removalRetryMs) {
        return { action: 'requeue', delaySeconds: removalDelaySeconds(ageMs) };
      }
      return ageMs < unmatchedRetryMs
        ? { action: 'requeue', delaySeconds: unmatchedDelaySeconds }
        : { action: 'acknowledge' };
    case 'waiting':
      return { action: 'requeue', delaySeconds: waitingDelaySeconds(ageMs) };
    case 'retry': {
      const { reason, detail, retryAfterMs, finishing } = outcome;
      if (reason === 'deadline') {
        return tries >= minTries
          ? { action: 'requeue', delaySeconds: requeueDelaySeconds }
          : { action: 'retry-later', delaySeconds: Math.round(random) };
      }
      if (reason === 'sync-did-not-finish') {
        return unfinishedTries >= maxUnfinishedTries
          ? { action: 'dead-letter', reason, detail: `${unfinishedTries} tries left no outcome` }
          : { action: 'retry-later', delaySeconds: Math.round(random * unfinishedWaitSeconds) };
      }
      const triedForMs = Math.max(0, now - firstTriedAt);
      if (tries >= minTries && triedForMs >= giveUpAfterSeconds * 1000) {
        return {
          action: 'dead-letter',
          reason: reasonAfterRetries[reason],
          detail: `${reason}: ${detail}`,
        };
      }
      return {
        action: 'retry-later',
        delaySeconds: Math.min(
          maxDelaySeconds,
          retryWaitSeconds(tries, random, {
            retryAfterMs,
            finishing: finishing ?? false,
            triedForMs,
          }),
        ),
      };
    }
    case 'rejected':
      if (message?.kind === 'reconcile') return { action: 'acknowledge' };
      return { action: 'dead-letter', reason: outcome.reason, detail: outcome.detail };
  }
}

/**
 * A ticket's first webhook often comes before its id is on the Task, because the agent's plugin writes the id. So a
 * conversation that is not found is searched for a little longer.
 */
const unmatchedRetryMs = 60_000;

const unmatchedDelaySeconds = 20;

/**
 * Until a Task has its ticket, only the message itself records an exclusive removal. A link that is still waiting
 * (for an agent, or for a retry) must not be written after the removal is dropped.
 */
const removalRetryMs = 3_600_000;

/** A lack of time is not a fault of the message. It gets new tries after a pause. */
const requeueDelaySeconds = 60;

/**
 * Half of the time that a finished Task exists. A conversation may end between two tries (accepted and completed,
 * or canceled), and no event brings the change back. So the second try must still find the Task. The other half is
 * for a slow queue and for tries that fail.
 */
const maxWaitingSeconds = finishedTaskTtlSeconds / 2;

const reasonAfterRetries: Record<
  Exclude<RetryReason, 'deadline' | 'sync-did-not-finish'>,
  DeadLetterReason
> = {
  unauthorized: 'unauthorized',
  crashed: 'crashed',
  'taskrouter-unavailable': 'taskrouter-unavailable',
  'taskrouter-invalid-response': 'taskrouter-invalid-response',
  conflict: 'taskrouter-unavailable',
};

function requeueAs(followUp: FollowUp | undefined): Disposition {
  return followUp === undefined
    ? { action: 'acknowledge' }
    : { action: 'requeue', delaySeconds: followUp.delaySeconds, message: followUp.message };
}

/** Whether a message removes its ticket from every Task, and is not a recheck of that. */
function isExclusiveRemoval(message: Message | undefined): boolean {
  return (
    message?.kind === 'ticket-change' &&
    message.change.link === null &&
    message.change.exclusive === true &&
    message.meta.recheckRound === undefined
  );
}

function removalDelaySeconds(ageMs: number): number {
  return Math.round(Math.max(unmatchedDelaySeconds, Math.min(maxDelaySeconds, ageMs / 1000)));
}

function waitingDelaySeconds(ageMs: number): number {
  return Math.round(Math.max(2, Math.min(maxWaitingSeconds, ageMs / 4000)));
}
