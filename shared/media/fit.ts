import type { JsonObject } from '../json.ts';
import { sourceOf } from '../messages/ticket-change.ts';
import { draftOf, fitsAtTaskLevel, type Layout, render, withLedger } from './render.ts';
import type { Managed, TicketState } from './tickets.ts';
import type { Unmanaged } from './unmanaged.ts';

/** Source: https://www.twilio.com/docs/taskrouter/limits. White space counts. */
export const maximumLength = 4096;

/** How the length of a text is counted. */
export type Measure = (text: string) => number;

/** As the limit is documented. */
export const inCharacters: Measure = (text) => text.length;

/** In case Twilio counts the bytes of UTF-8: nobody has tried it. */
export const inBytes: Measure = (text) => Buffer.byteLength(text);

/** What was dropped or moved to stay within the limit. */
export interface Budget {
  readonly atTaskLevel: boolean;
  readonly titlesDropped: boolean;
  /** Tickets that made room, oldest first. */
  readonly evicted: readonly string[];
}

/** Attributes that Twilio accepts. */
export interface Fit {
  readonly attributes: JsonObject;
  readonly managed: Managed;
  readonly layout: Layout;
  readonly budget: Budget;
}

/** What is rendered, and the limit that it has to keep. */
export interface Room {
  readonly unmanaged: Unmanaged;
  /** Reservations that show our links. */
  readonly targets: readonly string[];
  readonly measure: Measure;
}

/** One ticket's entry in `Managed`. */
export type TicketEntry = readonly [ticket: string, state: TicketState];

/**
 * Renders the managed part in the richest form that fits: a link in every segment; else all links
 * once at task level, if no segment shows anything else for it; else without titles; else without
 * the oldest tombstones, then without the oldest links.
 *
 * Each eviction makes the text shorter, so a binary search finds the fewest that do.
 * @returns undefined if not even the newest link fits
 */
export function shrinkToFit(room: Room, managed: Managed): Fit | undefined {
  const untitled = untitledLayouts(room);
  const titled = untitled.map((layout) => ({ ...layout, titled: true })).reverse();
  const layout = firstWithRoom(room, managed, [...titled, ...untitled]);
  if (layout !== undefined) return fitOf(room, managed, layout, []);

  const evicted = fewestEvictions(room, managed, untitled);
  if (evicted === undefined) return undefined;
  const kept = evict(managed, evicted);
  const smallest = firstWithRoom(room, kept, untitled);
  return smallest && fitOf(room, kept, smallest, evicted);
}

/**
 * Whether the newest link fits once everything else is evicted.
 * @param watermarks that the evictions leave
 */
export function newestFits(
  room: Room,
  newest: TicketEntry | undefined,
  watermarks: Managed['watermarks'],
): boolean {
  const tickets = new Map(newest === undefined ? [] : [newest]);
  return firstWithRoom(room, { tickets, watermarks }, untitledLayouts(room)) !== undefined;
}

/** The order in which tickets make room: tombstones before links, each by version. */
export function byAge([one, oneState]: TicketEntry, [other, otherState]: TicketEntry): number {
  if (isLink(oneState) !== isLink(otherState)) return isLink(oneState) ? 1 : -1;
  if (oneState.version !== otherState.version)
    return oneState.version < otherState.version ? -1 : 1;
  return one < other ? -1 : 1;
}

/**
 * The layouts without titles, the smaller first: at task level if no target shows anything else for
 * it. For a single target whose block exists, its own list may be shorter.
 */
function untitledLayouts({ unmanaged, targets }: Room): readonly Layout[] {
  const inSegments = { atTaskLevel: false, titled: false };
  return fitsAtTaskLevel(unmanaged, targets)
    ? [{ atTaskLevel: true, titled: false }, inSegments]
    : [inSegments];
}

function fitOf(
  { unmanaged, targets }: Room,
  managed: Managed,
  layout: Layout,
  evicted: readonly TicketEntry[],
): Fit {
  return {
    attributes: withLedger(render(unmanaged, managed, targets, layout)),
    managed,
    layout,
    budget: {
      atTaskLevel: layout.atTaskLevel,
      titlesDropped: !layout.titled,
      evicted: evicted.map(([ticket]) => ticket),
    },
  };
}

function fewestEvictions(
  room: Room,
  managed: Managed,
  layouts: readonly Layout[],
): readonly TicketEntry[] | undefined {
  const order = [...managed.tickets].sort(byAge);
  const fits = (count: number) =>
    firstWithRoom(room, evict(managed, order.slice(0, count)), layouts) !== undefined;
  const last = order.at(-1);
  let most = last !== undefined && isLink(last[1]) ? order.length - 1 : order.length;
  if (most === 0 || !fits(most)) return undefined;
  let least = 1;
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (fits(middle)) most = middle;
    else least = middle + 1;
  }
  return order.slice(0, least);
}

/** Without these tickets, but with watermarks of their versions. */
function evict(managed: Managed, evicted: readonly TicketEntry[]): Managed {
  const tickets = new Map(managed.tickets);
  const watermarks = new Map(managed.watermarks);
  for (const [ticket, { version }] of evicted) {
    tickets.delete(ticket);
    const source = sourceOf(ticket);
    const watermark = watermarks.get(source) ?? 0n;
    watermarks.set(source, version > watermark ? version : watermark);
  }
  return { tickets, watermarks };
}

function firstWithRoom(
  { unmanaged, targets, measure }: Room,
  managed: Managed,
  layouts: readonly Layout[],
): Layout | undefined {
  return layouts.find(
    (layout) => measure(draftOf(render(unmanaged, managed, targets, layout))) <= maximumLength,
  );
}

function isLink({ urlHash }: TicketState): boolean {
  return urlHash !== undefined;
}
