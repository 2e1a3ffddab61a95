import { idOf, type Link, sourceOf } from '../messages/ticket-change.ts';
import { byAge, type Fit, newestFits, type Room, shrinkToFit, type TicketEntry } from './fit.ts';
import { isShown, type Naming, shortHash, titleUnits, unknownVersion } from './ledger-entry.ts';
import { linkUrls, type TaskMedia } from './task-media.ts';
import {
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
  /** What is known with the changes merged. */
  readonly wanted: Managed;
  /** What can be written of it; undefined if the Task has no room. */
  readonly fit: Fit | undefined;
  /** Tickets whose changes were left out, because nothing fits with them. */
  readonly leftOut: ReadonlySet<string>;
}

/** What is merged into a Task, and how it may be written. */
interface MergeInput extends Pick<Room, 'targets' | 'taskLevelOnly' | 'measure'> {
  readonly updates: readonly TicketUpdate[];
  /** The tickets that the Task names. */
  readonly named: readonly NamedTicket[];
  /** Whether a segment can show another ticket. */
  readonly canAdd: boolean;
}

/**
 * Merges changes into what a Task knows, and fits the result into its attributes. If not even the
 * newest link has room, the changes of its ticket are left out, then those of the next. A removal is
 * never left out: if need be, every link makes room for it.
 *
 * Time is near n log n in the number of changes: what is left out is found by trying the newest link
 * alone, and only the result is rendered whole.
 */
export function mergeAndFit(
  task: TaskMedia,
  { updates, named, canAdd, ...place }: MergeInput,
): Merged {
  const { managed } = task;
  const merged = applyNames(managed, merge(managed, updates, named), named, canAdd);
  const roomFor = (tickets: Managed['tickets']): Room => {
    const urls = [...tickets.values()].flatMap(({ link }) => link?.url ?? []);
    return { unmanaged: unmanagedPart(task, task.urls.union(new Set(urls))), ...place };
  };
  let room = roomFor(merged.tickets);
  const fit = shrinkToFit(room, merged);
  const leftOut = new Set<string>();
  if (fit !== undefined) return { wanted: merged, fit, leftOut };

  const unchanged = applyNames(managed, managed, named, canAdd);
  const tickets = new Map(merged.tickets);
  const links = [...tickets].filter(([, state]) => isShown(state)).sort(byAge);
  const urlsOnTask = linkUrls(task.lists);
  const bySource = countBySource(tickets.keys());
  let newestKnown: TicketEntry | undefined;
  for (const ticket of newestFirst(updates)) {
    const update = tickets.get(ticket);
    if (update === undefined || !isShown(update)) continue;
    leftOut.add(ticket);
    const known = unchanged.tickets.get(ticket);
    if (known !== undefined) {
      tickets.set(ticket, known);
      if (isShown(known)) newestKnown = newer(newestKnown, [ticket, known]);
    } else if (tickets.delete(ticket)) {
      addTo(bySource, sourceOf(ticket), -1);
    }
    while (leftOut.has(links.at(-1)?.[0] ?? '')) links.pop();
    // Somebody else's link may have the same URL: without the change it is theirs.
    if (urlsOnTask.has(update.link?.url ?? '')) room = roomFor(tickets);

    const newest = newer(newestKnown, links.at(-1));
    if (newestFits(room, newest, watermarksBeside(newest, bySource, managed))) break;
  }
  const wanted = { tickets, watermarks: managed.watermarks };
  return { wanted, fit: shrinkToFit(room, wanted, removesLink(managed, wanted)), leftOut };
}

/** Whether a link that the Task shows has to go. */
function removesLink(before: Managed, wanted: Managed): boolean {
  return [...before.tickets].some(([ticket, { link }]) => {
    const state = wanted.tickets.get(ticket);
    return link !== undefined && (state === undefined || !isShown(state));
  });
}

/** Tickets by their newest change. */
function newestFirst(updates: readonly TicketUpdate[]): ReadonlySet<string> {
  const sorted = updates.toSorted((one, other) =>
    compare(newestVersion(other), newestVersion(one)),
  );
  return new Set(sorted.map(({ ticket }) => ticket));
}

/** Watermarks of all sources that have a ticket besides this one. How new they are takes no room. */
function watermarksBeside(
  ticket: TicketEntry | undefined,
  bySource: ReadonlyMap<string, number>,
  { watermarks }: Managed,
): Managed['watermarks'] {
  const source = ticket === undefined ? undefined : sourceOf(ticket[0]);
  const others = [...bySource].flatMap(([each, count]) =>
    count > (each === source ? 1 : 0) ? [[each, 0n] as const] : [],
  );
  return new Map([...watermarks, ...others]);
}

function newer(one: TicketEntry | undefined, other: TicketEntry | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  return byAge(one, other) > 0 ? one : other;
}

function countBySource(tickets: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ticket of tickets) addTo(counts, sourceOf(ticket), 1);
  return counts;
}

function addTo(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function compare(one: bigint, other: bigint): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/**
 * Merges changes into what is known. Their order does not matter.
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
    const { ticket, replaces, ...state } = update;
    const change =
      replaces === undefined
        ? { ...state, naming: lostNaming(state, managed.tickets.get(ticket)) }
        : inPlaceOf(replaces, state, managed, named);
    tickets.set(ticket, mergeStates(tickets.get(ticket) ?? unknown, change));
  }
  return { tickets, watermarks: managed.watermarks };
}

/**
 * What a confirmation of a ticket that the Task named says of that. If the ledger knows no link of it, a
 * writer put earlier attributes back. Else the ledger knows better.
 */
function lostNaming({ naming }: TicketState, known = unknown): Naming | undefined {
  return naming !== undefined && known.version === unknownVersion ? 'kept' : undefined;
}

/**
 * A ticket is where the one was that it replaces: named if that one is named, else placed, but not on a
 * Task that named that one and has stopped to.
 */
function inPlaceOf(
  replaced: string,
  state: TicketState,
  { tickets }: Managed,
  named: readonly NamedTicket[],
): TicketState {
  const known = tickets.get(replaced);
  const isNamed = named.some(({ ticket }) => ticket === replaced);
  if (isNamed && known?.placement?.placed !== true) {
    return { ...state, naming: 'named', alias: idOf(replaced) };
  }
  if (known === undefined || isForgotten(known)) return state;
  return { ...state, placement: { version: state.version, placed: true } };
}

/** Whether the Task had a link that it no longer shows, and only its hash is known. */
function isForgotten(state: TicketState): boolean {
  return state.urlHash !== undefined && state.link === undefined && !isShown(state);
}

/**
 * Brings what is known up to date with what the Task names. A ticket that it no longer names goes, unless
 * the CRM placed it: while our ledger is there, that was somebody's decision. One that it lost together
 * with our ledger stays until the Task names another of its source.
 * @param before what the Task knew
 * @param merged the same with changes merged
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
    const isNamed =
      links.has(ticket) || (state.alias !== undefined && links.has(`${source}/${state.alias}`));
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

/** With the link that the source has for the ticket, if no better one is known. */
function withLink(state: TicketState, link: Link | undefined): TicketState {
  const isUnknown = state.version === unknownVersion;
  const isLost = state.urlHash !== undefined && state.link === undefined;
  if (link === undefined || !(isUnknown || isLost)) return state;
  const version = isUnknown ? 0n : state.version;
  const units = titleUnits(link.title);
  return { ...state, version, urlHash: shortHash(link.url), link, titleUnits: units };
}
