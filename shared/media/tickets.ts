import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Link } from '../messages/link.ts';
import type { KnownTicket } from '../messages/message.ts';
import { sourceOf } from '../messages/ticket-change.ts';
import { mediaList, reservationLists } from './attributes.ts';
import { byTicket, type Ledger, shortHash } from './ledger.ts';

/** What a Task knows of one ticket. */
export interface TicketState {
  readonly version: bigint;
  /** Hash of the link's URL; undefined when the ticket was taken away. */
  readonly urlHash: string | undefined;
  /** The link; undefined as well where somebody took it out of every media list. */
  readonly link: Link | undefined;
}

/** Everything of ours on one Task. */
export interface Ours {
  readonly tickets: ReadonlyMap<string, TicketState>;
  /** By source: what is not listed and not newer than this had to make room before. */
  readonly floors: ReadonlyMap<string, bigint>;
}

export function stateOf(change: KnownTicket): TicketState {
  return {
    version: BigInt(change.version),
    urlHash: change.link === null ? undefined : shortHash(change.link.url),
    link: change.link ?? undefined,
  };
}

/**
 * Which of two states of one ticket stands: the higher version; at equal versions a tombstone
 * before a link, else the greater link. A total order, so that no order of arrival matters.
 */
export function wins(one: TicketState, other: TicketState): boolean {
  return one.version === other.version ? rank(one) > rank(other) : one.version > other.version;
}

/** Whether a change is older than what this Task had to drop, and so can no longer be judged. */
export function isBelowFloor(ours: Ours, change: KnownTicket): boolean {
  const floor = ours.floors.get(sourceOf(change.ticket));
  return !ours.tickets.has(change.ticket) && floor !== undefined && BigInt(change.version) <= floor;
}

/** Takes changes into what is known; the order they come in does not matter. */
export function mergeChanges(ours: Ours, changes: readonly KnownTicket[]): Ours {
  const tickets = new Map(ours.tickets);
  for (const change of changes) {
    if (isBelowFloor(ours, change)) continue;
    const state = stateOf(change);
    const known = tickets.get(change.ticket);
    if (known === undefined || wins(state, known)) tickets.set(change.ticket, state);
  }
  return { tickets, floors: ours.floors };
}

/** Tells the media items that are links to one of these URLs, which are given by their hashes. */
export function isLinkTo(urlHashes: ReadonlySet<string>) {
  return (item: Json): item is JsonObject =>
    isObject(item) &&
    (item['type'] === 'Referenced' || item['type'] === 'Embedded') &&
    typeof item['url'] === 'string' &&
    urlHashes.has(shortHash(item['url']));
}

/** Hashes of the URLs of all links that stand. */
export function liveHashes(
  tickets: ReadonlyMap<string, { readonly urlHash: string | undefined }>,
): ReadonlySet<string> {
  return new Set([...tickets.values()].flatMap(({ urlHash }) => urlHash ?? []));
}

/** What a Task knows of our tickets: versions from the ledger, links from the media lists. */
export function readOurs(attributes: JsonObject, ledger: Ledger): Ours {
  const isOurs = isLinkTo(liveHashes(ledger.tickets));
  const items = [
    mediaList(attributes['conversations']) ?? [],
    ...reservationLists(attributes).values(),
  ].flat();
  const byUrl = new Map<string, Link>();
  for (const item of items.filter(isOurs)) {
    const link = toLink(item);
    byUrl.set(link.url, greater(byUrl.get(link.url), link));
  }
  const byHash = Map.groupBy(byUrl.values(), (link) => shortHash(link.url));
  const tickets = [...ledger.tickets].sort(byTicket).map(([ticket, entry]) => {
    // Different URLs with one hash stand in ticket-key order, as all of ours do.
    const links = byHash.get(entry.urlHash ?? '') ?? [];
    const link = links.length > 1 ? links.shift() : links[0];
    return [ticket, { ...entry, link }] satisfies [string, TicketState];
  });
  return { tickets: new Map(tickets), floors: ledger.floors };
}

function rank({ link, urlHash }: TicketState): string {
  if (urlHash === undefined) return '2';
  return link === undefined ? '0' : `1${link.type}\n${link.url}\n${link.title ?? ''}`;
}

function toLink(item: JsonObject): Link {
  return {
    type: item['type'] === 'Embedded' ? 'Embedded' : 'Referenced',
    url: String(item['url']),
    ...(typeof item['title'] === 'string' ? { title: item['title'] } : {}),
  };
}

/** Of two copies of one link (somebody edited one) the greater counts. */
function greater(one: Link | undefined, other: Link): Link {
  return one !== undefined && JSON.stringify(one) > JSON.stringify(other) ? one : other;
}
