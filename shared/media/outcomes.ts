import { canonical } from '../json.ts';
import { effectiveMedia, type MediaLists } from './attributes.ts';
import { maximumLength } from './fit.ts';
import type { Merged } from './merge-and-fit.ts';
import { linksOf } from './render.ts';
import { isEvictedOrOlder, type Managed, type TicketUpdate, wins } from './tickets.ts';

/** Why a change cannot be applied to a Task. */
export type RejectionReason = 'attributes-full' | 'attributes-unreadable';

/** A change that can never be applied as it is. The detail holds nothing that the Task says. */
export interface Rejection {
  readonly outcome: 'rejected';
  readonly reason: RejectionReason;
  readonly detail: string;
}

/** What became of a change. */
export type ChangeOutcome =
  | { readonly outcome: 'linked' | 'removed' | 'unchanged' | 'stale' | 'waiting' }
  | Rejection;

export const attributesFull: Rejection = {
  outcome: 'rejected',
  reason: 'attributes-full',
  detail: `the Task has no room for it within ${maximumLength} characters`,
};

/**
 * One outcome for each change: what was known of its ticket before, against what is written now.
 * @param before what the Task knew
 * @param isShown whether a ticket was shown on every target before as it is to be shown now
 */
export function outcomesOf(
  updates: readonly TicketUpdate[],
  before: Managed,
  { wanted, fit, leftOut }: Merged,
  isShown: (ticket: string) => boolean,
): ChangeOutcome[] {
  const evicted = new Set(fit?.budget.evicted);
  const applied = new Set<string>();
  return updates.map((update): ChangeOutcome => {
    const { ticket } = update;
    const known = wanted.tickets.get(ticket);
    const notMerged: ChangeOutcome = leftOut.has(ticket) ? attributesFull : { outcome: 'waiting' };
    if (known === undefined) return isEvictedOrOlder(before, update) ? attributesFull : notMerged;
    if (wins(known, update)) return { outcome: 'stale' };
    if (wins(update, known)) return notMerged;
    if (evicted.has(ticket)) return attributesFull;
    if (applied.has(ticket) || isShown(ticket)) return { outcome: 'unchanged' };
    if (fit === undefined) return attributesFull;
    applied.add(ticket);
    return { outcome: update.link === undefined ? 'removed' : 'linked' };
  });
}

/** Tells whether a ticket was on a Task before as it is to be now, on each of the targets. */
export function shownBefore(
  lists: MediaLists,
  before: Managed,
  { wanted, fit }: Merged,
  targets: readonly string[],
): (ticket: string) => boolean {
  const shown = targets
    .map((sid) => new Set(effectiveMedia(lists, sid).map(canonical)))
    .reduce<ReadonlySet<string> | undefined>(
      (all, each) => all?.intersection(each) ?? each,
      undefined,
    );
  const rendered = new Map(
    fit === undefined
      ? []
      : linksOf(fit.managed, fit.layout).map((link) => [link['url'], canonical(link)]),
  );
  return (ticket) => {
    const was = before.tickets.get(ticket);
    const is = wanted.tickets.get(ticket);
    if (was?.version !== is?.version || was?.urlHash !== is?.urlHash) return false;
    if (is?.link === undefined || fit === undefined) return true;
    const link = rendered.get(is.link.url);
    return shown === undefined || (link !== undefined && shown.has(link));
  };
}
