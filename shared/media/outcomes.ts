import { canonical } from '../json.ts';
import { effectiveMedia, type MediaLists } from './attributes.ts';
import { maximumLength } from './fit.ts';
import { isShown, unknownVersion } from './ledger-entry.ts';
import type { Merged } from './merge-and-fit.ts';
import { linksOf } from './render.ts';
import {
  isEvictedOrOlder,
  type Managed,
  newestVersion,
  placementWins,
  type TicketState,
  type TicketUpdate,
  wins,
} from './tickets.ts';

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
  /** The Task does not name the ticket any more, and no SID says that it belongs there. */
  | { readonly outcome: 'unmatched' }
  | Rejection;

export const attributesFull: Rejection = {
  outcome: 'rejected',
  reason: 'attributes-full',
  detail: `the Task has no room for it within ${maximumLength} characters`,
};

/**
 * One outcome for each change: what was known of its ticket before, against what is written now.
 * @param before what the Task knew
 * @param waiting changes that no segment can show yet
 * @param isShownBefore whether a ticket was shown on every target before as it is to be shown now
 */
export function outcomesOf(
  updates: readonly TicketUpdate[],
  before: Managed,
  { wanted, fit, leftOut }: Merged,
  waiting: ReadonlySet<TicketUpdate>,
  isShownBefore: (ticket: string) => boolean,
): ChangeOutcome[] {
  const evicted = new Set(fit?.budget.evicted);
  const applied = new Set<string>();
  return updates.map((update): ChangeOutcome => {
    const { ticket } = update;
    const known = wanted.tickets.get(ticket);
    if (known === undefined) {
      if (waiting.has(update)) return { outcome: 'waiting' };
      const isFull = isEvictedOrOlder(before, update) || leftOut.has(ticket);
      if (!isFull) return { outcome: 'unmatched' };
      return update.link === undefined ? { outcome: 'stale' } : attributesFull;
    }
    if (isStale(update, known)) return { outcome: 'stale' };
    if (waiting.has(update)) return { outcome: 'waiting' };
    if (leftOut.has(ticket) && wins(update, known)) return attributesFull;
    if (evicted.has(ticket) && isShown(known)) return attributesFull;
    if (applied.has(ticket) || isShownBefore(ticket)) return { outcome: 'unchanged' };
    if (fit === undefined) return attributesFull;
    applied.add(ticket);
    return { outcome: isShown(known) ? 'linked' : 'removed' };
  });
}

/** Whether something newer is known. */
function isStale(update: TicketUpdate, known: TicketState): boolean {
  const isLinkStale = update.version === unknownVersion || wins(known, update);
  const isPlacementStale =
    update.placement === undefined || placementWins(known.placement, update.placement);
  return isLinkStale && isPlacementStale;
}

/** The tickets whose links a write brings to a target, or changes there, and those whose links it takes away. */
export function linkChanges(
  before: Managed,
  after: Managed,
  isShownBefore: (ticket: string) => boolean,
): { linked: readonly string[]; removed: readonly string[] } {
  const shown = ({ tickets }: Managed): string[] =>
    [...tickets].flatMap(([ticket, state]) => (state.link && isShown(state) ? ticket : []));
  const [had, has] = [new Set(shown(before)), new Set(shown(after))];
  return {
    linked: [...has].filter((ticket) => !had.has(ticket) || !isShownBefore(ticket)),
    removed: [...had.difference(has)],
  };
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
    const wasShown = was !== undefined && isShown(was);
    const isKnown = is !== undefined && isShown(is);
    if (wasShown !== isKnown) return false;
    if (!isKnown) return was !== undefined && newestVersion(was) === newestVersion(is ?? was);
    if (was?.version !== is.version || was.urlHash !== is.urlHash) return false;
    if (is.link === undefined || fit === undefined) return true;
    const link = rendered.get(is.link.url);
    return shown === undefined || (link !== undefined && shown.has(link));
  };
}
