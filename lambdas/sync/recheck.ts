import { maxDelaySeconds } from '../../shared/config/limits.ts';
import type { Message } from '../../shared/messages/message.ts';
import type { Outcome } from './outcome.ts';
import type { Handled } from './types.ts';
import type { TaskUpdate } from './update-task.ts';

/** A message that comes later. */
export interface FollowUp {
  readonly message: Message;
  readonly delaySeconds: number;
}

/**
 * A first confirmation of each visit that wrote. A writer without If-Match that read before us and
 * writes after us wipes links and ledger alike, and leaves no trace of that on the Task: so what was
 * written comes back a little later, and is written again where it is gone.
 * @param delays when confirmations come, in seconds after the write, ascending
 */
export function confirmationsFor(
  updates: Iterable<Pick<TaskUpdate, 'taskSid' | 'tickets' | 'repairStreak' | 'progress'>>,
  delays: readonly number[],
  now: number,
): readonly FollowUp[] {
  const [first] = delays;
  if (first === undefined) return [];
  return [...updates].flatMap(({ taskSid, tickets, repairStreak, progress }): FollowUp[] => {
    if (tickets === undefined) return [];
    const confirmation = { tickets: [...tickets], round: 1, restored: repairStreak };
    const finishing = progress.finishing && { finishing: true as const };
    const times = { occurredAt: now, receivedAt: now };
    const message = {
      v: 1,
      kind: 'settle',
      taskSid,
      ...times,
      ...finishing,
      confirms: confirmation,
    } as const;
    return [{ message, delaySeconds: confirmationDelaySeconds(first, repairStreak) }];
  });
}

/**
 * A second look for each change that is alone on what it names, and was applied for the first time, or
 * may have been by an earlier try that did not live to see it: what was under way beside it (an older
 * change in another instance, a confirmation) may have put the ticket where it has to leave, after the
 * Tasks were looked for.
 */
export function rechecksFor(
  batch: readonly Pick<Handled, 'message' | 'tries' | 'outcome'>[],
  delays: readonly number[],
): readonly FollowUp[] {
  const [delaySeconds] = delays;
  if (delaySeconds === undefined) return [];
  return batch.flatMap(({ message, tries, outcome: { outcome } }): FollowUp[] => {
    if (
      message?.kind !== 'ticket-change' ||
      !message.exclusive ||
      message.recheckRound !== undefined
    )
      return [];
    const isApplied = outcome === 'linked' || outcome === 'removed';
    const mayBeApplied = outcome === 'unchanged' && tries > 1;
    return isApplied || mayBeApplied
      ? [{ message: { ...message, recheckRound: 1 }, delaySeconds }]
      : [];
  });
}

/**
 * What follows a message that has come back once it is done: the next confirmation where all was as it
 * should be, the next look; undefined after the last.
 */
export function nextFollowUp(
  message: Message,
  { outcome }: Outcome,
  delays: readonly number[],
): FollowUp | undefined {
  const after = (times: number): number | undefined => {
    const [last, next] = [delays[times - 1], delays[times]];
    return last === undefined || next === undefined ? undefined : next - last;
  };
  if (message.kind === 'settle') {
    const { confirmation } = message;
    const wait = confirmation && after(confirmation.round);
    if (confirmation === undefined || wait === undefined || outcome !== 'unchanged')
      return undefined;
    return {
      message: { ...message, confirmation: { ...confirmation, round: confirmation.round + 1 } },
      delaySeconds: confirmationDelaySeconds(wait, confirmation.repairStreak),
    };
  }
  const { recheckRound } = message;
  const wait = recheckRound && after(recheckRound);
  if (recheckRound === undefined || wait === undefined) return undefined;
  return { message: { ...message, recheckRound: recheckRound + 1 }, delaySeconds: wait };
}

/**
 * Twice as long for each confirmation before that had to write: somebody takes our writing away each time,
 * and is not to be fought for ever at the same pace.
 */
function confirmationDelaySeconds(seconds: number, repairStreak: number): number {
  return Math.min(maxDelaySeconds, seconds * 2 ** repairStreak);
}
