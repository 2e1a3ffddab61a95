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

/** Whether a message adds a link, and is not a recheck of that. */
function isLink(message: Message): message is TicketChangeMessage {
  return (
    message.kind === 'ticket-change' &&
    message.change.link !== null &&
    message.meta.recheckRound === undefined
  );
}

/** When the first search for a change ended. A copy was sent after such a search, a replay before it. */
function firstSearchedAt(delivery: Delivery, now: number): number {
  const isReplayed = readReplayMark(delivery.record.messageAttributes) !== undefined;
  return isFirstSend(delivery) || isReplayed ? now : delivery.sentAt;
}

/**
 * A webhook usually puts a message on the queue within this time, in milliseconds, and Lambda gathers a batch for
 * the same time before sync reads it. A message that was sent later is a copy.
 */
const maxSendMs = 1000;

/**
 * Whether a record is the one that a webhook sent, not a copy or a replay. A copy that was sent within the first
 * second counts as the first record: it was held back for 20 seconds at most. For copies of a retry, the first
 * copy's time counts.
 */
export function isFirstSend({ sentAt, message }: Pick<Delivery, 'sentAt' | 'message'>): boolean {
  return sentAt - message.meta.receivedAt <= maxSendMs;
}

/** Whether a message must still be applied. */
export function isPending({ outcome }: Outcome): boolean {
  return outcome === 'retry' || outcome === 'waiting';
}

/**
 * The outcome of a message with several Tasks: the first in this list.
 *
 * Pending outcomes come first: the message is tried again for that Task, and changes nothing on the others. Of the
 * final outcomes, those come first that a person must see, then those that wrote. Of the reasons to retry, those
 * come first that a person must see, then the one that waits longest.
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
 * Combines the outcomes of a message at its Tasks into one. Without any Task, it is `unmatched`. If one of the
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
