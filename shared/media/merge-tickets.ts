import { idOf, type Link, sourceOf } from '../messages/ticket-change.ts';
import { isShown, type Naming, shortHash, titleUnits, unknownVersion } from './ledger-entry.ts';
import {
  isEvictedOrOlder,
  type Managed,
  type NamedTicket,
  placementWins,
  type TicketState,
  type TicketUpdate,
  unknown,
  wins,
} from './tickets.ts';

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
export function applyNames(
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
