import { longestDelaySeconds } from '../../../shared/config/numbers.ts';
import type { Message } from '../../../shared/message/message.ts';
import type { Outcome } from '../apply/outcome.ts';
import type { Visit } from '../apply/visit-task.ts';
import type { Handled } from '../handled.ts';

/** A message that comes later. */
export interface Later {
  readonly message: Message;
  readonly delaySeconds: number;
}

/**
 * Twice as long for each confirmation before that had to write: somebody takes our writing away each time,
 * and is not to be fought for ever at the same pace.
 */
const waitSeconds = (seconds: number, restored: number): number =>
  Math.min(longestDelaySeconds, seconds * 2 ** restored);

/**
 * A first confirmation of each visit that wrote. A writer without If-Match that read before us and
 * writes after us wipes links and ledger alike, and leaves no trace of that on the Task: so what was
 * written comes back a little later, and is written again where it is gone.
 * @param delays when confirmations come, in seconds after the write, ascending
 */
export const confirmationsOf = (
  visits: Iterable<Pick<Visit, 'taskSid' | 'tickets' | 'restored' | 'progress'>>,
  delays: readonly number[],
  now: number,
): readonly Later[] => {
  const [first] = delays;
  if (first === undefined) return [];
  return [...visits].flatMap(({ taskSid, tickets, restored, progress }): Later[] => {
    if (tickets === undefined) return [];
    const confirms = { tickets: [...tickets], round: 1, restored };
    const finishing = progress.finishing && { finishing: true as const };
    const times = { occurredAt: now, receivedAt: now };
    const message = { v: 1, kind: 'settle', taskSid, ...times, ...finishing, confirms } as const;
    return [{ message, delaySeconds: waitSeconds(first, restored) }];
  });
};

/**
 * A second look for each change that is alone on what it names, and was applied for the first time, or
 * may have been by an earlier try that did not live to see it: what was under way beside it (an older
 * change in another instance, a confirmation) may have put the ticket where it has to leave, after the
 * Tasks were looked for.
 */
export const secondLooksOf = (
  batch: readonly Pick<Handled, 'message' | 'tries' | 'outcome'>[],
  delays: readonly number[],
): readonly Later[] => {
  const [delaySeconds] = delays;
  if (delaySeconds === undefined) return [];
  return batch.flatMap(({ message, tries, outcome: { outcome } }): Later[] => {
    if (message?.kind !== 'ticket-change' || !message.alone || message.looks !== undefined)
      return [];
    const isApplied = outcome === 'linked' || outcome === 'removed';
    const mayBeApplied = outcome === 'unchanged' && tries > 1;
    return isApplied || mayBeApplied ? [{ message: { ...message, looks: 1 }, delaySeconds }] : [];
  });
};

/**
 * What follows a message that has come back once it is done: the next confirmation where all was as it
 * should be, the next look; undefined after the last.
 */
export const nextOf = (
  message: Message,
  { outcome }: Outcome,
  delays: readonly number[],
): Later | undefined => {
  const after = (times: number): number | undefined => {
    const [last, next] = [delays[times - 1], delays[times]];
    return last === undefined || next === undefined ? undefined : next - last;
  };
  if (message.kind === 'settle') {
    const { confirms } = message;
    const wait = confirms && after(confirms.round);
    if (confirms === undefined || wait === undefined || outcome !== 'unchanged') return undefined;
    return {
      message: { ...message, confirms: { ...confirms, round: confirms.round + 1 } },
      delaySeconds: waitSeconds(wait, confirms.restored),
    };
  }
  const { looks } = message;
  const wait = looks && after(looks);
  if (looks === undefined || wait === undefined) return undefined;
  return { message: { ...message, looks: looks + 1 }, delaySeconds: wait };
};
