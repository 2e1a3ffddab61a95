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

/** A change that can never be applied in its present form. The detail contains no attribute of the Task. */
export interface Rejection {
  readonly outcome: 'rejected';
  readonly reason: RejectionReason;
  readonly detail: string;
}

/** The outcome of a change. */
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
 * One outcome for each change. It compares the known state of the ticket before with the state that is written now.
 * @param before the state before
 * @param waiting changes that wait until a segment can show them
 */
export function outcomesOf(
  updates: readonly TicketUpdate[],
  before: Managed,
  { wanted, fit, leftOut }: Merged,
  waiting: ReadonlySet<TicketUpdate>,
  isShownBefore: IsShownBefore,
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
    if (applied.has(ticket) || isShownBefore(ticket, known)) return { outcome: 'unchanged' };
    if (fit === undefined) return attributesFull;
    applied.add(ticket);
    return { outcome: isShown(known) ? 'linked' : 'removed' };
  });
}

/** Whether a newer change is known. */
function isStale(update: TicketUpdate, known: TicketState): boolean {
  const isLinkStale = update.version === unknownVersion || wins(known, update);
  const isPlacementStale =
    update.placement === undefined || placementWins(known.placement, update.placement);
  return isLinkStale && isPlacementStale;
}

/** The tickets whose links a write adds to a target or changes there, and the tickets whose links it removes. */
export function linkChanges(
  before: Managed,
  after: Managed,
  isShownBefore: IsShownBefore,
): { linked: readonly string[]; removed: readonly string[] } {
  const shown = ({ tickets }: Managed) =>
    new Map([...tickets].filter(([, state]) => state.link && isShown(state)));
  const [had, has] = [shown(before), shown(after)];
  const linked = [...has].filter(
    ([ticket, state]) => !had.has(ticket) || !isShownBefore(ticket, state),
  );
  return {
    linked: linked.map(([ticket]) => ticket),
    removed: [...new Set(had.keys()).difference(has)],
  };
}

/** Whether each of the targets already showed a ticket as it must show it now. */
type IsShownBefore = (ticket: string, is: TicketState) => boolean;

/** Compares the known state and the lists before with the state that is written now. */
export function shownBefore(
  lists: MediaLists,
  before: Managed,
  fit: Merged['fit'],
  targets: readonly string[],
): IsShownBefore {
  const shown = targets.map(
    (sid) => new Set<string | undefined>(effectiveMedia(lists, sid).map(canonical)),
  );
  const rendered = new Map(
    fit === undefined
      ? []
      : linksOf(fit.managed, fit.layout).map((link) => [link['url'], canonical(link)]),
  );
  return (ticket, is) => {
    const was = before.tickets.get(ticket);
    if (was === undefined || isShown(was) !== isShown(is)) return false;
    if (!isShown(is)) return newestVersion(was) === newestVersion(is);
    if (was.version !== is.version) return false;
    if (is.link === undefined || fit === undefined) return true;
    const link = rendered.get(is.link.url);
    return shown.every((list) => list.has(link));
  };
}
