import { finishedTaskTtlSeconds } from '../config/limits.ts';
import { type Message, readReplayMark, type TicketChangeMessage } from '../messages/message.ts';
import { hasSid } from '../taskrouter/criteria.ts';
import {
  BadRequest,
  CircuitOpen,
  InvalidResponse,
  NotFound,
  TaskRouterError,
  Transient,
  Unauthorized,
} from '../taskrouter/errors.ts';
import type { Delivery, Outcome } from './types.ts';

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

/**
 * The outcome of a delivery that no Task matches, once it is searched for no longer. There is no list of the
 * conversations that were: only the change itself can tell whether its conversation was lost.
 *
 * | the change is a link, and                          | its conversation                   | outcome         |
 * | -------------------------------------------------- | ---------------------------------- | --------------- |
 * | an earlier try found its Task                      | existed                            | expired         |
 * | it has a SID; the first search came too late       | existed, as the SID says           | expired         |
 * | it has a SID; the first search was in time         | was over before the change, or the | unmatched       |
 * |                                                    | SID is not that of a Task          |                 |
 * | it has no SID; the first search came too late      | is not known                       | unmatched, late |
 * | it has no SID; the first search was in time        | did not exist any more             | unmatched       |
 *
 * A search is too late if it came back after the change by more than a finished Task exists.
 */
export function outcomeWithoutTask(delivery: Delivery, now: number): Outcome {
  const { message } = delivery;
  if (!isLink(message)) return { outcome: 'unmatched' };
  if (message.meta.found) return { outcome: 'expired' };
  const { correlation, occurredAt } = message.change;
  const isLate = firstSearchedAt(delivery, now) - occurredAt >= finishedTaskTtlSeconds * 1000;
  if (isLate && hasSid(correlation)) return { outcome: 'expired' };
  return { outcome: 'unmatched', ...(isLate && { late: true }) };
}

/** Whether a message brings a link, and is no recheck of that. */
function isLink(message: Message): message is TicketChangeMessage {
  return (
    message.kind === 'ticket-change' &&
    message.change.link !== null &&
    message.meta.recheckRound === undefined
  );
}

/** When the first search for a change came back. A copy was sent after such a search, a replay before it. */
function firstSearchedAt(delivery: Delivery, now: number): number {
  const isReplayed = readReplayMark(delivery.record.messageAttributes) !== undefined;
  return isFirstSend(delivery) || isReplayed ? now : delivery.sentAt;
}

/**
 * A webhook has a message on the queue within so many milliseconds, as a rule, and Lambda gathers a batch
 * for as long before the sync reads it. What was sent later is a copy.
 */
const maxSendMs = 1000;

/**
 * Whether a record is the one that a webhook sent, and no copy and no replay of it. A copy that was sent within
 * the first second counts as the first: it was held back for 20 seconds at most. A copy for a retry counts as its first.
 */
export function isFirstSend({ sentAt, message }: Pick<Delivery, 'sentAt' | 'message'>): boolean {
  return sentAt - message.meta.receivedAt <= maxSendMs;
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
  'retry sync-did-not-finish',
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
