import { canonical, isObject, type Json, type JsonObject } from '../json.ts';
import type { Link } from '../messages/ticket-change.ts';
import {
  type MediaLists,
  mediaLists,
  parseAttributes,
  UnreadableAttributes,
} from './attributes.ts';
import { byTicket, emptyLedger, type Ledger, ledgerAttribute, parseLedger } from './ledger.ts';
import { isShown, shortHash, titleUnits } from './ledger-entry.ts';
import type { Managed, TicketState } from './tickets.ts';

/** A Task's attributes, parsed once: every stage of the rewrite takes this value. */
export interface TaskMedia {
  readonly attributes: JsonObject;
  readonly lists: MediaLists;
  readonly ledger: Ledger;
  /** The URLs of our links. */
  readonly urls: ReadonlySet<string>;
  /** Versions from the ledger, links from the media lists. */
  readonly managed: Managed;
}

/**
 * Parses a Task's `attributes`.
 * @throws UnreadableAttributes if they are not a JSON object, or their ledger cannot be read.
 */
export function parseTaskMedia(text: string): TaskMedia {
  const attributes = parseAttributes(text);
  return taskMediaOf(attributes, readLedger(attributes));
}

/** The same of attributes and a ledger that are parsed already. */
export function taskMediaOf(attributes: JsonObject, ledger: Ledger): TaskMedia {
  const lists = mediaLists(attributes);
  const urls = findOurUrls(lists, ledger);
  return { attributes, lists, ledger, urls, managed: readManaged(lists, ledger, urls) };
}

/**
 * The ledger in a Task's attributes, empty if there is none.
 * @throws UnreadableAttributes
 */
export function readLedger(attributes: JsonObject): Ledger {
  const text = attributes[ledgerAttribute];
  if (text === undefined) return emptyLedger;
  if (typeof text !== 'string') {
    throw new UnreadableAttributes(`${ledgerAttribute} is not a string`);
  }
  try {
    return parseLedger(text);
  } catch (cause) {
    throw new UnreadableAttributes((cause as Error).message, { cause });
  }
}

/**
 * The items of one media list that are ours. Ours are at the end of a list: of several links to one page
 * only the last is ours, so that what another writer linked before it survives.
 * @param urls of our links
 */
export function itemsOfOurs(list: readonly Json[], urls: ReadonlySet<string>): ReadonlySet<Json> {
  const ours = new Set<Json>();
  const lastByUrl = new Map<string, string>();
  for (const item of list.toReversed()) {
    const url = linkUrl(item);
    if (url === undefined || !urls.has(url)) continue;
    const last = lastByUrl.get(url);
    // A writer that merges lists by index may repeat ours.
    if (last === undefined || last === canonical(item)) ours.add(item);
    if (last === undefined) lastByUrl.set(url, canonical(item));
  }
  return ours;
}

/** URLs of all links on a Task, managed or not. */
export function linkUrls(lists: MediaLists): ReadonlySet<string> {
  return new Set(allLists(lists).flatMap((list) => list.flatMap((item) => linkUrl(item) ?? [])));
}

function linkUrl(item: Json): string | undefined {
  return isObject(item) &&
    (item['type'] === 'Referenced' || item['type'] === 'Embedded') &&
    typeof item['url'] === 'string'
    ? item['url']
    : undefined;
}

function allLists({ taskList, byReservation }: MediaLists): readonly (readonly Json[])[] {
  return [...byReservation.values(), taskList ?? []];
}

/**
 * The URLs of our links. The ledger has only hashes of them: if more URLs have one hash than tickets do,
 * those count that are last in the most lists.
 */
function findOurUrls(lists: MediaLists, { tickets }: Ledger): ReadonlySet<string> {
  const ticketsByHash = new Map<string, number>();
  for (const entry of tickets.values()) {
    const { urlHash } = entry;
    if (urlHash === undefined || !isShown(entry)) continue;
    ticketsByHash.set(urlHash, (ticketsByHash.get(urlHash) ?? 0) + 1);
  }
  const votes = new Map<string, number>();
  for (const list of allLists(lists)) {
    const urls = new Set(list.toReversed().flatMap((item) => linkUrl(item) ?? []));
    for (const [hash, some] of Map.groupBy(urls, shortHash)) {
      const count = ticketsByHash.get(hash) ?? 0;
      for (const [index, url] of some.entries()) {
        if (count > 0) votes.set(url, (votes.get(url) ?? 0) + (index < count ? 1 : 0));
      }
    }
  }
  const byHash = Map.groupBy(votes.keys(), shortHash);
  const ours = [...byHash].flatMap(([hash, urls]) =>
    urls
      .toSorted((one, other) => (votes.get(other) ?? 0) - (votes.get(one) ?? 0))
      .slice(0, ticketsByHash.get(hash)),
  );
  return new Set(ours);
}

function readManaged(lists: MediaLists, ledger: Ledger, urls: ReadonlySet<string>): Managed {
  const byUrl = new Map<string, Link>();
  for (const list of allLists(lists)) {
    const ours = itemsOfOurs(list, urls);
    for (const item of list) {
      if (!ours.has(item) || !isObject(item)) continue;
      const link = toLink(item);
      byUrl.set(link.url, greater(byUrl.get(link.url), link));
    }
  }
  const byHash = Map.groupBy(byUrl.values(), (link) => shortHash(link.url));
  const tickets = [...ledger.tickets].sort(byTicket).map(([ticket, entry]) => {
    // Different URLs with the same hash are in ticket-key order, as all our links are.
    const links = isShown(entry) ? (byHash.get(entry.urlHash ?? '') ?? []) : [];
    const link = links.length > 1 ? links.shift() : links[0];
    const units = link?.title === undefined ? entry.titleUnits : titleUnits(link.title);
    return [ticket, { ...entry, titleUnits: units, link }] satisfies [string, TicketState];
  });
  return { tickets: new Map(tickets), watermarks: ledger.watermarks };
}

function toLink(item: JsonObject): Link {
  return {
    type: item['type'] === 'Embedded' ? 'Embedded' : 'Referenced',
    url: String(item['url']),
    ...(typeof item['title'] === 'string' ? { title: item['title'] } : {}),
  };
}

/** If somebody edited one of two copies of a link, the greater one counts. */
function greater(one: Link | undefined, other: Link): Link {
  return one !== undefined && JSON.stringify(one) > JSON.stringify(other) ? one : other;
}
