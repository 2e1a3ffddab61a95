import { maxDelaySeconds } from '../config/limits.ts';
import { isConfirmation, type Message } from '../messages/message.ts';
import type { SyncOptions } from './options.ts';
import type { BatchRecord, FirstFollowUp, FollowUp, Outcome, Result, TaskUpdate } from './types.ts';

/** When writes are confirmed and exclusive changes are checked again. */
type ConfirmOptions = Pick<SyncOptions, 'confirmAfterSeconds' | 'taskEvents'>;

/**
 * The first confirmation of each update that wrote. Another writer may have read the Task before us and may write
 * after us, without If-Match. Such a write overwrites links and ledger, and leaves no trace. So sync checks its
 * write later, and writes it again if it is gone.
 */
export function confirmationsFor(
  updates: readonly Pick<
    TaskUpdate,
    'taskSid' | 'tickets' | 'repairStreak' | 'progress' | 'outcomes'
  >[],
  options: ConfirmOptions,
  now: number,
): readonly FirstFollowUp[] {
  return updates.flatMap(({ taskSid, tickets, repairStreak, progress, outcomes }) => {
    const first = firstRound(options, progress.finishing);
    if (tickets === undefined || first === undefined) return [];
    const message: Message = {
      v: 1,
      kind: 'reconcile',
      meta: {
        receivedAt: now,
        ...(progress.finishing && { finishing: true }),
        taskSid,
        occurredAt: now,
        confirmationRound: first.round,
        repairStreak,
      },
      change: { tickets: [...tickets] },
    };
    const delaySeconds = confirmationDelaySeconds(first.seconds, repairStreak);
    return [{ message, delaySeconds, madeFrom: [...outcomes.keys()] }];
  });
}

/**
 * The first recheck of each exclusive change that was applied, or that an earlier unfinished try may have applied.
 * Another message at the same time may have put the ticket back on a conversation that it has left, after the
 * search: an older change in another instance, or a confirmation.
 */
export function rechecksFor(
  results: ReadonlyMap<BatchRecord, Result>,
  options: ConfirmOptions,
): readonly FirstFollowUp[] {
  return [...results].flatMap(([record, { outcome }]): FirstFollowUp[] => {
    const { message, tries } = record;
    if (message?.kind !== 'ticket-change') return [];
    if (!message.change.exclusive || message.meta.recheckRound !== undefined) return [];
    const isApplied = outcome.outcome === 'linked' || outcome.outcome === 'removed';
    const mayBeApplied = outcome.outcome === 'unchanged' && tries > 1;
    const first = firstRound(options, message.meta.finishing === true);
    if ((!isApplied && !mayBeApplied) || first === undefined) return [];
    const recheck = { ...message, meta: { ...message.meta, recheckRound: first.round } };
    return [{ message: recheck, delaySeconds: first.seconds, madeFrom: [record] }];
  });
}

/**
 * The message that follows a confirmation or a recheck. A confirmation that found nothing to repair is followed by
 * the next one, and a recheck by the next recheck. Undefined after the last.
 */
export function nextFollowUp(
  message: Message,
  { outcome }: Outcome,
  delays: readonly number[],
): FollowUp | undefined {
  if (isConfirmation(message)) {
    const { confirmationRound, repairStreak } = message.meta;
    const delay = delayAfter(confirmationRound, delays);
    if (delay === undefined || outcome !== 'unchanged') return undefined;
    const meta = { ...message.meta, confirmationRound: confirmationRound + 1 };
    return {
      message: { ...message, meta },
      delaySeconds: confirmationDelaySeconds(delay, repairStreak),
    };
  }
  // Stryker disable next-line ConditionalExpression,LogicalOperator,StringLiteral: without a round there is no delay.
  if (message.kind === 'reconcile' || message.meta.recheckRound === undefined) return undefined;
  const delaySeconds = delayAfter(message.meta.recheckRound, delays);
  if (delaySeconds === undefined) return undefined;
  const meta = { ...message.meta, recheckRound: message.meta.recheckRound + 1 };
  return { message: { ...message, meta }, delaySeconds };
}

/** The first round after a write. Undefined if there is none. */
function firstRound(
  { confirmAfterSeconds: delays, taskEvents }: ConfirmOptions,
  finishing: boolean,
) {
  const round = taskEvents && !finishing ? delays.length : 1;
  const seconds = delays[round - 1];
  return seconds === undefined ? undefined : { round, seconds };
}

/** The seconds from one round to the next. Undefined after the last. */
function delayAfter(round: number, delays: readonly number[]): number | undefined {
  const next = delays[round];
  return next === undefined ? undefined : next - (delays[round - 1] ?? 0);
}

/**
 * The delay doubles with each repair in a row: if somebody removes our links each time, we must not write against
 * that at the same rate without end.
 */
function confirmationDelaySeconds(seconds: number, repairStreak: number): number {
  return Math.min(maxDelaySeconds, seconds * 2 ** repairStreak);
}
