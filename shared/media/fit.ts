import type { JsonObject } from '../json.ts';
import { sourceOf } from '../messages/ticket-change.ts';
import { canHoldTaskList } from './attributes.ts';
import { isShown } from './ledger-entry.ts';
import { draftOf, type Layout, render, titlesLength, withLedger } from './render.ts';
import { type Managed, newestVersion, type TicketState } from './tickets.ts';
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
  /** No reservation can show our links, but the Task can. */
  readonly taskLevelOnly: boolean;
}

/** One ticket's entry in `Managed`. */
export type TicketEntry = readonly [ticket: string, state: TicketState];

/**
 * Renders the managed part in the richest form that fits: a link in every segment; else all links
 * once at task level; else without titles; else without the oldest tombstones, then without the oldest
 * links. What is left has the richest form again, so that the same result comes of it the next time.
 *
 * Each eviction makes the text shorter, so a binary search finds the fewest that do.
 * @param mayEvictAll whether the newest link may make room too
 * @returns undefined if not even the newest link fits
 */
export function shrinkToFit(room: Room, managed: Managed, mayEvictAll = false): Fit | undefined {
  const untitled = untitledLayouts(room);
  const titled = untitled.map((layout) => ({ ...layout, titled: true })).reverse();
  const layouts = [...titled, ...untitled];
  const layout = firstWithRoom(room, managed, layouts);
  if (layout !== undefined) return fitOf(room, managed, layout, []);

  const evicted = fewestEvictions(room, managed, untitled, mayEvictAll);
  if (evicted === undefined) return undefined;
  const kept = evict(managed, evicted);
  const richest = firstWithRoom(room, kept, layouts);
  return richest && fitOf(room, kept, richest, evicted);
}

/**
 * Whether a layout keeps the limit. Whether titles fit is decided by all that our links ever had, known or
 * not: so a rewrite of what was written decides the same.
 */
export function fits(
  { unmanaged, targets, measure }: Room,
  managed: Managed,
  layout: Layout,
): boolean {
  const rendered = render(unmanaged, managed, targets, layout);
  if (measure(draftOf(rendered)) > maximumLength) return false;
  if (!layout.titled) return true;
  const untitled = render(unmanaged, managed, targets, { ...layout, titled: false });
  const titles = titlesLength(managed) * untitled.copies;
  return measure(draftOf(untitled)) + titles <= maximumLength;
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

/** The order in which tickets make room: what is not shown before links, each by version. */
export function byAge([one, oneState]: TicketEntry, [other, otherState]: TicketEntry): number {
  if (isShown(oneState) !== isShown(otherState)) return isShown(oneState) ? 1 : -1;
  const [version, otherVersion] = [newestVersion(oneState), newestVersion(otherState)];
  if (version !== otherVersion) return version < otherVersion ? -1 : 1;
  return one < other ? -1 : 1;
}

/** The layouts without titles, the smaller first. For a single target whose block exists, that is its own list. */
function untitledLayouts({ unmanaged, taskLevelOnly }: Room): readonly Layout[] {
  const inSegments = taskLevelOnly ? [] : [{ atTaskLevel: false, titled: false }];
  return canHoldTaskList(unmanaged.attributes)
    ? [{ atTaskLevel: true, titled: false }, ...inSegments]
    : inSegments;
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
  mayEvictAll: boolean,
): readonly TicketEntry[] | undefined {
  const order = [...managed.tickets].sort(byAge);
  const fitsWithout = (count: number) =>
    firstWithRoom(room, evict(managed, order.slice(0, count)), layouts) !== undefined;
  const last = order.at(-1);
  const keepsNewest = !mayEvictAll && last !== undefined && isShown(last[1]);
  let most = keepsNewest ? order.length - 1 : order.length;
  if (most === 0 || !fitsWithout(most)) return undefined;
  let least = 1;
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (fitsWithout(middle)) most = middle;
    else least = middle + 1;
  }
  return order.slice(0, least);
}

/** Without these tickets, but with watermarks of their versions. */
function evict(managed: Managed, evicted: readonly TicketEntry[]): Managed {
  const tickets = new Map(managed.tickets);
  const watermarks = new Map(managed.watermarks);
  for (const [ticket, state] of evicted) {
    tickets.delete(ticket);
    const version = newestVersion(state);
    const source = sourceOf(ticket);
    const watermark = watermarks.get(source) ?? 0n;
    watermarks.set(source, version > watermark ? version : watermark);
  }
  return { tickets, watermarks };
}

function firstWithRoom(
  room: Room,
  managed: Managed,
  layouts: readonly Layout[],
): Layout | undefined {
  return layouts.find((layout) => fits(room, managed, layout));
}
