import { isArray, isObject, type Json, type JsonObject } from '../json.ts';
import { sourceOf } from '../messages/ticket-change.ts';
import { mediaList, reservationLists } from './attributes.ts';
import { byTicket, ledgerAttribute, printLedger, sealOf } from './ledger.ts';
import type { Ours } from './tickets.ts';
import { type Foreign, itemHash } from './unmanaged.ts';

/** How ours are written: once for the whole Task or once a segment, with titles or without. */
interface Style {
  readonly folded: boolean;
  readonly titled: boolean;
}

/** Our links as they stand at the end of a list: in ticket-key order, each URL once. */
export function linksOf(ours: Ours, { titled }: Style): readonly JsonObject[] {
  const links = new Map<string, JsonObject>();
  for (const [, { link }] of [...ours.tickets].sort(byTicket)) {
    if (link === undefined || links.has(link.url)) continue;
    const { type, url, title } = link;
    links.set(url, titled && title !== undefined ? { type, url, title } : { type, url });
  }
  return [...links.values()];
}

/** https://www.twilio.com/docs/taskrouter/limits: white space counts. */
export const maximumLength = 4096;

/** How long a text is in the eyes of the limit. */
export type Measure = (text: string) => number;

/** As the limit is documented. */
export const inCharacters: Measure = (text) => text.length;

/** In case Twilio counts the bytes of UTF-8: its documentation was never seen to be put to the test. */
export const inBytes: Measure = (text) => Buffer.byteLength(text);

/** What was given up to stay within the limit. */
export interface Budget {
  readonly folded: boolean;
  readonly titlesDropped: boolean;
  /** Tickets that had to make room, oldest first. */
  readonly evicted: readonly string[];
}

/** Attributes that Twilio will take. */
export interface Fit {
  readonly attributes: JsonObject;
  readonly text: string;
  readonly style: Style;
  readonly ours: Ours;
  readonly budget: Budget;
}

/**
 * Writes ours in the richest form that fits: a link in every segment; else all links once at task
 * level, where no segment would show anything else for it; else without titles; else without the
 * oldest tombstones, then without the oldest links.
 * @returns undefined when not even the newest link fits
 */
export function shrinkToFit(
  foreign: Foreign,
  ours: Ours,
  targets: readonly string[],
  measure: Measure,
): Fit | undefined {
  const folded = isFoldable(foreign, targets);
  const styles: readonly Style[] = [
    { folded: false, titled: true },
    ...(folded ? [{ folded: true, titled: true }] : []),
    { folded, titled: false },
  ];
  const attempt = (kept: Ours, style: Style, evicted: readonly string[]): Fit | undefined => {
    const attributes = dress(foreign, kept, targets, style);
    const text = JSON.stringify(attributes);
    if (measure(text) > maximumLength) return undefined;
    const budget = { folded: style.folded, titlesDropped: !style.titled, evicted };
    return { attributes, text, style, ours: kept, budget };
  };

  for (const style of styles) {
    const fitting = attempt(ours, style, []);
    if (fitting !== undefined) return fitting;
  }
  let kept = ours;
  const evicted: string[] = [];
  for (const ticket of oldestFirst(ours)) {
    kept = evict(kept, ticket);
    evicted.push(ticket);
    const isLastLink = kept.tickets.size === 0 && ours.tickets.get(ticket)?.urlHash !== undefined;
    const fitting = isLastLink ? undefined : attempt(kept, { folded, titled: false }, evicted);
    if (fitting !== undefined) return fitting;
  }
  return undefined;
}

/**
 * Whether ours may stand once at task level: every segment that shows them inherits, and nobody put
 * anything into its block. Then no segment shows anything else for it.
 */
function isFoldable(foreign: Foreign, targets: readonly string[]): boolean {
  const conversations = foreign.attributes['conversations'] ?? {};
  const media = isObject(conversations) ? (conversations['media'] ?? []) : undefined;
  return (
    isArray(media) && targets.every((sid) => !foreign.own.has(sid) && !foreign.extended.has(sid))
  );
}

function put(object: Json | undefined, key: string, value: Json): JsonObject {
  return {
    ...(isObject(object) ? object : {}),
    [key]: value,
  };
}

/**
 * The attributes as they should be: what others put there, and ours upon it, in one canonical form.
 * @param targets reservations that show our links
 */
function dress(foreign: Foreign, ours: Ours, targets: readonly string[], style: Style): JsonObject {
  const links = linksOf(ours, style);
  const dressed = links.length > 0 && !style.folded ? [...targets].sort() : [];
  const isFolded = links.length > 0 && style.folded;
  const isFoldedOverDefaults =
    isFolded && mediaList(foreign.attributes['conversations']) === undefined;
  const made = [...foreign.extended].filter((sid) => !dressed.includes(sid));
  const inherits = dressed.some((sid) => !foreign.own.has(sid)) || made.length > 0;

  let attributes = foreign.attributes;
  if (isFolded) {
    const conversations = put(attributes['conversations'], 'media', [...foreign.base, ...links]);
    attributes = put(attributes, 'conversations', conversations);
  }
  const lists = reservationLists(foreign.attributes);
  for (const sid of dressed) {
    const list = lists.get(sid) ?? (foreign.own.has(sid) ? [] : foreign.base);
    const blocks = attributes['reservation_attributes'];
    const block = isObject(blocks) && Object.hasOwn(blocks, sid) ? blocks[sid] : undefined;
    const withLinks = put(blocks, sid, put(block, 'media', [...list, ...links]));
    attributes = put(attributes, 'reservation_attributes', withLinks);
  }
  const ledger = printLedger({
    ...ours,
    base: inherits || isFoldedOverDefaults ? foreign.base.map(itemHash) : [],
    foldedOverDefaults: isFoldedOverDefaults,
    own: new Set(dressed.filter((sid) => foreign.own.has(sid))),
    made: new Set(made),
    seal: sealOf(attributes),
  });
  return ledger === undefined ? attributes : put(attributes, ledgerAttribute, ledger);
}

/** Tombstones before links, each by version: the order in which tickets make room. */
function oldestFirst(ours: Ours): string[] {
  const isLink = (ticket: string) => ours.tickets.get(ticket)?.urlHash !== undefined;
  const version = (ticket: string) => ours.tickets.get(ticket)?.version ?? 0n;
  const compare = (one: string, other: string): number => {
    if (isLink(one) !== isLink(other)) return isLink(one) ? 1 : -1;
    if (version(one) !== version(other)) return version(one) < version(other) ? -1 : 1;
    return one < other ? -1 : 1;
  };
  return [...ours.tickets.keys()].sort(compare);
}

function evict(ours: Ours, ticket: string): Ours {
  const tickets = new Map(ours.tickets);
  const version = tickets.get(ticket)?.version ?? 0n;
  tickets.delete(ticket);
  const source = sourceOf(ticket);
  const floor = ours.floors.get(source) ?? 0n;
  return { tickets, floors: new Map(ours.floors).set(source, version > floor ? version : floor) };
}
