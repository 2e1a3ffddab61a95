import type { KnownTicket } from '../message/settle.ts';
import { isBelowFloor, type Ours, stateOf, wins } from './merge-change.ts';
import { type Fit, maximumLength } from './shrink-to-fit.ts';

/** Why a change cannot be applied to a Task. */
export type Rejection = 'attributes-full' | 'attributes-unreadable';

/** What can never be applied as it is. The detail holds nothing of what stands on the Task. */
export interface Rejected {
  readonly outcome: 'rejected';
  readonly reason: Rejection;
  readonly detail: string;
}

/** What a change came to. */
export type ChangeOutcome =
  | { readonly outcome: 'linked' | 'removed' | 'unchanged' | 'stale' | 'waiting' }
  | Rejected;

export const full: Rejected = {
  outcome: 'rejected',
  reason: 'attributes-full',
  detail: `the Task has no room for it within ${maximumLength} characters`,
};

/**
 * Judges each change by what was known of its ticket before, and what stands now.
 * @param wanted what is known with the changes taken in
 * @param fitting what is written of it; undefined where it has no room
 * @param tooLarge tickets whose changes were not taken in, as nothing would fit with them
 * @param isShown whether a ticket was as it is now before the changes
 */
export const judgeChanges = (
  changes: readonly KnownTicket[],
  before: Ours,
  wanted: Ours,
  fitting: Fit | undefined,
  tooLarge: ReadonlySet<string>,
  isShown: (ticket: string) => boolean,
): ChangeOutcome[] => {
  const credited = new Set<string>();
  return changes.map((change): ChangeOutcome => {
    const state = stateOf(change);
    const known = wanted.tickets.get(change.ticket);
    const notTakenIn: ChangeOutcome = tooLarge.has(change.ticket) ? full : { outcome: 'waiting' };
    if (known === undefined) return isBelowFloor(before, change) ? full : notTakenIn;
    if (wins(known, state)) return { outcome: 'stale' };
    if (wins(state, known)) return notTakenIn;
    if (fitting?.budget.evicted.includes(change.ticket)) return full;
    const isNews = !isShown(change.ticket) && !credited.has(change.ticket);
    if (!isNews) return { outcome: 'unchanged' };
    if (fitting === undefined) return full;
    credited.add(change.ticket);
    return { outcome: change.link === null ? 'removed' : 'linked' };
  });
};
