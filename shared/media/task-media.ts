import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Link } from '../messages/link.ts';
import {
  type MediaLists,
  mediaLists,
  parseAttributes,
  UnreadableAttributes,
} from './attributes.ts';
import {
  byTicket,
  emptyLedger,
  type Ledger,
  ledgerAttribute,
  parseLedger,
  shortHash,
} from './ledger.ts';
import { liveHashes, type Managed, type TicketState } from './tickets.ts';

/** A Task's attributes, parsed once: every stage of the rewrite takes this value. */
export interface TaskMedia {
  readonly attributes: JsonObject;
  readonly lists: MediaLists;
  readonly ledger: Ledger;
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
  return { attributes, lists, ledger, managed: readManaged(lists, ledger) };
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

/** Tells the media items that link to one of these URLs, which are given by their hashes. */
export function isLinkTo(urlHashes: ReadonlySet<string>) {
  return (item: Json): item is JsonObject => {
    const hash = linkHash(item);
    return hash !== undefined && urlHashes.has(hash);
  };
}

/** Undefined for any media item but a link. */
function linkHash(item: Json): string | undefined {
  return isObject(item) &&
    (item['type'] === 'Referenced' || item['type'] === 'Embedded') &&
    typeof item['url'] === 'string'
    ? shortHash(item['url'])
    : undefined;
}

/** Hashes of the URLs of all links on a Task, managed or not. */
export function linkHashes(lists: MediaLists): ReadonlySet<string> {
  return new Set(allItems(lists).flatMap((item) => linkHash(item) ?? []));
}

function allItems(lists: MediaLists): readonly Json[] {
  return [lists.taskList ?? [], ...lists.byReservation.values()].flat();
}

function readManaged(lists: MediaLists, ledger: Ledger): Managed {
  const isOurs = isLinkTo(liveHashes(ledger.tickets));
  const byUrl = new Map<string, Link>();
  for (const item of allItems(lists).filter(isOurs)) {
    const link = toLink(item);
    byUrl.set(link.url, greater(byUrl.get(link.url), link));
  }
  const byHash = Map.groupBy(byUrl.values(), (link) => shortHash(link.url));
  const tickets = [...ledger.tickets].sort(byTicket).map(([ticket, entry]) => {
    // Different URLs with the same hash are in ticket-key order, as all our links are.
    const links = byHash.get(entry.urlHash ?? '') ?? [];
    const link = links.length > 1 ? links.shift() : links[0];
    return [ticket, { ...entry, link }] satisfies [string, TicketState];
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
