import { mediaList, reservationLists } from './effective-media.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { byTicket, type Ledger, shortHash } from './ledger.ts';
import type { Link } from './link.ts';
import type { Ours, TicketState } from './merge-change.ts';

/** Tells the media items that are links to one of these URLs, which are given by their hashes. */
export const isLinkTo =
  (urlHashes: ReadonlySet<string>) =>
  (item: Json): item is JsonObject =>
    isObject(item) &&
    (item['type'] === 'Referenced' || item['type'] === 'Embedded') &&
    typeof item['url'] === 'string' &&
    urlHashes.has(shortHash(item['url']));

/** Hashes of the URLs of all links that stand. */
export const liveHashes = (
  tickets: ReadonlyMap<string, { readonly urlHash: string | undefined }>,
): ReadonlySet<string> => new Set([...tickets.values()].flatMap(({ urlHash }) => urlHash ?? []));

const toLink = (item: JsonObject): Link => ({
  type: item['type'] === 'Embedded' ? 'Embedded' : 'Referenced',
  url: String(item['url']),
  ...(typeof item['title'] === 'string' ? { title: item['title'] } : {}),
});

/** Of two copies of one link (somebody edited one) the greater counts. */
const greater = (one: Link | undefined, other: Link): Link =>
  one !== undefined && JSON.stringify(one) > JSON.stringify(other) ? one : other;

/** What a Task knows of our tickets: versions from the ledger, links from the media lists. */
export const readOurs = (attributes: JsonObject, ledger: Ledger): Ours => {
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
};
