import { canonical, isObject, type Json, type JsonObject } from '../json.ts';
import type { Link } from '../messages/ticket-change.ts';
import {
  type MediaLists,
  mediaLists,
  parseAttributes,
  UnreadableAttributes,
} from './attributes.ts';
import { emptyLedger, type Ledger, ledgerAttribute, parseLedger } from './ledger.ts';
import { isShown, shortHash, titleUnits } from './ledger-entry.ts';
import { linkRank, type Managed, type TicketState } from './tickets.ts';

/** The parsed attributes of a Task. Every stage of the rewrite uses this value. */
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
 * @throws UnreadableAttributes if they are not a JSON object, or their ledger cannot be read
 */
export function parseTaskMedia(text: string): TaskMedia {
  const attributes = parseAttributes(text);
  return taskMediaOf(attributes, readLedger(attributes));
}

/** The same value, from attributes and a ledger that are already parsed. */
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
  return parseLedger(text);
}

/**
 * The items of one media list that are ours. Our items are at the end of a list. If several links have the same
 * page, only the last one is ours, so that an earlier link of another writer is kept.
 * @param urls the URLs of our links
 */
export function itemsOfOurs(list: readonly Json[], urls: ReadonlySet<string>): ReadonlySet<Json> {
  const ours = new Set<Json>();
  const lastByUrl = new Map<string, string>();
  for (const item of list.toReversed()) {
    const url = linkUrl(item);
    // Stryker disable next-line ConditionalExpression: no URL of ours is undefined.
    if (url === undefined || !urls.has(url)) continue;
    const last = lastByUrl.get(url);
    // A writer that merges lists by index may repeat our item.
    if (last === undefined || last === canonical(item)) ours.add(item);
    if (last === undefined) lastByUrl.set(url, canonical(item));
  }
  return ours;
}

function urlsIn(list: readonly Json[]): readonly string[] {
  return list.map(linkUrl).filter((url) => url !== undefined);
}

function linkUrl(item: Json): string | undefined {
  return isObject(item) &&
    (item['type'] === 'Referenced' || item['type'] === 'Embedded') &&
    typeof item['url'] === 'string'
    ? item['url']
    : undefined;
}

function allLists({ taskList, byReservation }: MediaLists): readonly (readonly Json[])[] {
  return [...byReservation.values(), taskList].filter((list) => list !== undefined);
}

/**
 * The URLs of our links. The ledger contains only hashes of them. If more URLs than tickets have one hash, the URLs
 * count that are last in the most lists.
 */
function findOurUrls(lists: MediaLists, { tickets }: Ledger): ReadonlySet<string> {
  const shown = [...tickets.values()].filter(isShown);
  const ticketsByHash = Map.groupBy(shown, ({ urlHash }) => urlHash);
  const votes = new Map<string, number>();
  for (const list of allLists(lists)) {
    const urls = new Set(urlsIn(list.toReversed()));
    for (const [hash, some] of Map.groupBy(urls, shortHash)) {
      const count = ticketsByHash.get(hash)?.length ?? 0;
      for (const [index, url] of some.entries()) {
        if (count > 0) votes.set(url, (votes.get(url) ?? 0) + (index < count ? 1 : 0));
      }
    }
  }
  const byHash = Map.groupBy(votes.keys(), shortHash);
  const ours = [...byHash].flatMap(([hash, urls]) => {
    // Stryker disable next-line OptionalChaining: without a ticket, a URL has no votes.
    const count = ticketsByHash.get(hash)?.length;
    return urls
      .toSorted((one, other) => (votes.get(other) ?? 0) - (votes.get(one) ?? 0))
      .slice(0, count);
  });
  return new Set(ours);
}

function readManaged(lists: MediaLists, ledger: Ledger, urls: ReadonlySet<string>): Managed {
  const all = allLists(lists).flatMap((list) => {
    const ours = itemsOfOurs(list, urls);
    return list.flatMap((item) => (ours.has(item) && isObject(item) ? toLink(item) : []));
  });
  const links = [...Map.groupBy(all, ({ url }) => url).values()].map((same) =>
    same.reduce(greaterLink),
  );
  const byHash = Map.groupBy(links, ({ url }): string | undefined => shortHash(url));
  const tickets = [...ledger.tickets].map(([ticket, entry]) => {
    // Different URLs with the same hash are in ticket-key order, as the ledger and all our links are.
    const links = isShown(entry) ? (byHash.get(entry.urlHash) ?? []) : [];
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

/** The greater of two links. If somebody edited one of two copies of a link, the greater one counts. */
function greaterLink(one: Link, other: Link): Link {
  // Stryker disable next-line EqualityOperator: links of one rank are equal.
  return linkRank(one) > linkRank(other) ? one : other;
}
