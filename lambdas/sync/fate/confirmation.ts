import { longestDelaySeconds } from '../../../shared/config/numbers.ts';
import type { Settle } from '../../../shared/message/settle.ts';
import type { Visit } from '../apply/visit-task.ts';

/** A settle that comes later. */
export interface Later {
  readonly message: Settle;
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

/** The confirmation after one that found all as it should be; undefined after the last. */
export const nextConfirmation = (message: Settle, delays: readonly number[]): Later | undefined => {
  const { confirms } = message;
  const next = confirms === undefined ? undefined : delays[confirms.round];
  if (confirms === undefined || next === undefined) return undefined;
  const { round, restored } = confirms;
  const delaySeconds = waitSeconds(next - (delays[round - 1] ?? 0), restored);
  return { message: { ...message, confirms: { ...confirms, round: round + 1 } }, delaySeconds };
};
