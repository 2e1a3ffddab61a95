import { idOf, type Link, sourceOf } from '../messages/ticket-change.ts';
import { type Fit, newestFits, type Room, shrinkToFit } from './fit.ts';
import { isShown, type Naming, shortHash, titleUnits, unknownVersion } from './ledger-entry.ts';
import type { TaskMedia } from './task-media.ts';
import {
  compare,
  isEvictedOrOlder,
  type Managed,
  type NamedTicket,
  newestVersion,
  placementWins,
  type TicketState,
  type TicketUpdate,
  unknown,
  wins,
} from './tickets.ts';
import { unmanagedPart } from './unmanaged.ts';

export interface Merged {
  /** The known state after the changes are merged. */
  readonly wanted: Managed;
  /** The part that can be written. Undefined if the Task has no room. */
  readonly fit: Fit | undefined;
  /** Tickets whose changes were left out, because the attributes do not fit with them. */
  readonly leftOut: ReadonlySet<string>;
}

/** The input of a merge, and how the result may be written. */
interface MergeInput extends Pick<Room, 'targets' | 'taskLevelOnly' | 'measure'> {
  readonly updates: readonly TicketUpdate[];
  /** The tickets that the Task names. */
  readonly named: readonly NamedTicket[];
  /** Whether a segment can show another ticket. */
  readonly canAdd: boolean;
}

/**
 * Merges changes into the known state of a Task, and fits the result into its attributes. If even the newest link
 * has no room, the changes of its ticket are left out, then those of the next ticket. A removal is never left out.
 * If necessary, all links are evicted for it.
 *
 * A test with only the newest link shows which changes to leave out, and only the result is rendered as a whole.
 */
export function mergeAndFit(
  task: TaskMedia,
  { updates, named, canAdd, ...place }: MergeInput,
): Merged {
  const { managed } = task;
  const merged = applyNames(managed, merge(managed, updates, named), named, canAdd);
  const roomFor = (tickets: Managed['tickets']): Room => {
    const urls = new Set(task.urls);
    for (const { link } of tickets.values()) if (link !== undefined) urls.add(link.url);
    return { unmanaged: unmanagedPart(task, urls), ...place };
  };
  const leftOut = new Set<string>();
  const fit = shrinkToFit(roomFor(merged.tickets), merged);
  if (fit !== undefined) return { wanted: merged, fit, leftOut };

  const unchanged = applyNames(managed, managed, named, canAdd);
  const tickets = new Map(merged.tickets);
  const wanted = { tickets, watermarks: managed.watermarks };
  for (const ticket of newestFirst(updates)) {
    const update = tickets.get(ticket);
    if (update === undefined || !isShown(update)) continue;
    leftOut.add(ticket);
    const known = unchanged.tickets.get(ticket);
    if (known === undefined) tickets.delete(ticket);
    else tickets.set(ticket, known);
    // A link of another writer may have the same URL. Without the change, that link belongs to the other writer.
    if (newestFits(roomFor(tickets), wanted)) break;
  }
  const room = roomFor(tickets);
  return { wanted, fit: shrinkToFit(room, wanted, removesLink(managed, wanted)), leftOut };
}

/** Whether a link that the Task shows must be removed. */
function removesLink(before: Managed, wanted: Managed): boolean {
  return [...wanted.tickets].some(
    ([ticket, state]) => before.tickets.get(ticket)?.link !== undefined && !isShown(state),
  );
}

/** Tickets, ordered by their newest change. */
function newestFirst(updates: readonly TicketUpdate[]): ReadonlySet<string> {
  const sorted = updates.toSorted((one, other) =>
    compare(newestVersion(other), newestVersion(one)),
  );
  return new Set(sorted.map(({ ticket }) => ticket));
}

/**
 * Merges changes into the known state. The order of the changes does not matter.
 * @param named the tickets that the Task names now
 */
export function merge(
  managed: Managed,
  updates: readonly TicketUpdate[],
  named: readonly NamedTicket[],
): Managed {
  const tickets = new Map(managed.tickets);
  for (const update of updates) {
    if (isEvictedOrOlder(managed, update)) continue;
    const { ticket, replaces, ...told } = update;
    const state = { ...told, naming: lostNaming(told, managed.tickets.get(ticket)) };
    // Stryker disable next-line ConditionalExpression: no ticket has the key undefined, so it replaces none.
    const change = replaces === undefined ? state : inPlaceOf(replaces, state, managed, named);
    tickets.set(ticket, mergeStates(tickets.get(ticket) ?? unknown, change));
  }
  return { tickets, watermarks: managed.watermarks };
}

/**
 * What a confirmation says about a ticket that the Task named. If the ledger knows no link of the ticket, a writer
 * has restored earlier attributes. Otherwise the ledger is right.
 */
function lostNaming({ naming }: TicketState, known = unknown): Naming | undefined {
  return known.version === unknownVersion ? naming : undefined;
}

/**
 * The state of a ticket that replaces another. It is named if the other is named. Otherwise it is placed, but not
 * on a Task that named the other ticket and does not name it any more.
 */
function inPlaceOf(
  replaced: string,
  state: TicketState,
  { tickets }: Managed,
  named: readonly NamedTicket[],
): TicketState {
  const known = tickets.get(replaced);
  const isNamed = named.some(({ ticket }) => ticket === replaced);
  if (isNamed && known?.placement?.placed !== true) return { ...state, alias: idOf(replaced) };
  if (known === undefined || isForgotten(known)) return state;
  return { ...state, placement: { version: state.version, placed: true } };
}

/** Whether the Task had a link that it no longer shows, of which only the hash is known. */
function isForgotten(state: TicketState): boolean {
  return state.urlHash !== undefined && state.link === undefined && !isShown(state);
}

/**
 * Updates the known state by the tickets that the Task names. A ticket that the Task no longer names is removed,
 * unless the CRM placed it: while our ledger is there, somebody removed the name on purpose. A ticket whose name
 * was lost together with our ledger stays until the Task names another ticket of its source.
 * @param before the state before
 * @param merged the state with changes merged
 * @param named the tickets that the Task names now
 * @param canAdd whether a segment can show another ticket
 */
function applyNames(
  before: Managed,
  merged: Managed,
  named: readonly NamedTicket[],
  canAdd: boolean,
): Managed {
  const links = new Map(named.map(({ ticket, link }) => [ticket, link]));
  const sources = new Set(named.map(({ ticket }) => sourceOf(ticket)));
  const tickets = new Map<string, TicketState>();
  for (const [ticket, state] of merged.tickets) {
    const source = sourceOf(ticket);
    const isNamed = links.has(ticket) || links.has(`${source}/${state.alias ?? idOf(ticket)}`);
    const isKept = state.naming === 'kept' && !sources.has(source);
    const naming = isNamed ? 'named' : isKept ? 'kept' : undefined;
    const known = withLink(state, links.get(ticket));
    tickets.set(ticket, { ...known, naming: known.urlHash === undefined ? undefined : naming });
  }
  for (const [ticket, link] of canAdd ? links : []) {
    if (tickets.has(ticket) || merged.watermarks.has(sourceOf(ticket))) continue;
    tickets.set(ticket, withLink({ ...unknown, naming: 'named' }, link));
  }
  for (const [ticket, state] of tickets) {
    const isOfNoUse = !isShown(state) && state.placement === undefined;
    if (isOfNoUse && !before.tickets.has(ticket)) tickets.delete(ticket);
  }
  return { tickets, watermarks: merged.watermarks };
}

function mergeStates(one: TicketState, other: TicketState): TicketState {
  const [newer, older] = wins(other, one) ? [other, one] : [one, other];
  const placement = placementWins(other.placement, one.placement) ? other.placement : one.placement;
  return {
    ...(isForgotten(newer) && older.link !== undefined ? older : newer),
    version: newer.version,
    placement,
    naming: other.naming ?? one.naming,
    alias: one.alias ?? other.alias,
  };
}

/** Adds the link that the source has for the ticket, if no better link is known. */
function withLink(state: TicketState, link: Link | undefined): TicketState {
  const isUnknown = state.version === unknownVersion;
  const isLost = state.urlHash !== undefined && state.link === undefined;
  if (link === undefined || !(isUnknown || isLost)) return state;
  const version = isUnknown ? 0n : state.version;
  const units = titleUnits(link.title);
  return { ...state, version, urlHash: shortHash(link.url), link, titleUnits: units };
}
