import type { JsonObject } from '../json.ts';
import { sourceOf } from '../messages/ticket-change.ts';
import { canHoldTaskList } from './attributes.ts';
import { isShown } from './ledger-entry.ts';
import { draftOf, type Layout, render, titlesLength, withLedger } from './render.ts';
import { compare, greater, type Managed, newestVersion, type TicketState } from './tickets.ts';
import type { Unmanaged } from './unmanaged.ts';

/** Source: https://www.twilio.com/docs/taskrouter/limits. White space counts. */
export const maximumLength = 4096;

/** How the length of a text is counted. */
export type Measure = (text: string) => number;

/** As Twilio documents the limit. */
export const inCharacters: Measure = (text) => text.length;

/** If Twilio counts bytes of UTF-8: nobody has tested that. */
export const inBytes: Measure = (text) => Buffer.byteLength(text);

/** What was dropped or moved to stay within the limit. */
export interface Budget {
  readonly atTaskLevel: boolean;
  readonly titlesDropped: boolean;
  /** Tickets that were evicted, the oldest first. */
  readonly evicted: readonly string[];
}

/** Attributes that Twilio accepts. */
export interface Fit {
  readonly attributes: JsonObject;
  readonly managed: Managed;
  readonly layout: Layout;
  readonly budget: Budget;
}

/** The input of a rendering, and its limit. */
export interface Room {
  readonly unmanaged: Unmanaged;
  /** Segments that show our links. The empty text is any segment without its own list. */
  readonly targets: readonly string[];
  readonly measure: Measure;
  /** Whether our links must be at task level, because no reservation is accepted. */
  readonly taskLevelOnly: boolean;
}

/** One ticket's entry in `Managed`. */
export type TicketEntry = readonly [ticket: string, state: TicketState];

/**
 * Renders the managed part in the first of these forms that fits. The first has a link in every segment. Then come:
 * all links once at task level; without titles; without the oldest tombstones; without the oldest links. The
 * remaining links are rendered in the richest form that fits, so that the next rewrite has the same result.
 *
 * Each eviction makes the text shorter, so a binary search finds the smallest number of evictions.
 * @param mayEvictAll whether the newest link may be evicted too
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
 * Whether a layout stays within the limit. The titles of all links that we ever wrote decide whether titles fit,
 * even if a title is no longer known. So a rewrite of our own output decides the same.
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

/** Whether the newest link fits if everything else is evicted. */
export function newestFits(room: Room, managed: Managed): boolean {
  const others = [...managed.tickets].sort(byAge).slice(0, -1);
  return firstWithRoom(room, evict(managed, others), untitledLayouts(room)) !== undefined;
}

/** The order of eviction: tickets that are not shown come before links, and older versions before newer ones. */
function byAge([one, oneState]: TicketEntry, [other, otherState]: TicketEntry): number {
  return (
    compare(Number(isShown(oneState)), Number(isShown(otherState))) ||
    compare(newestVersion(oneState), newestVersion(otherState)) ||
    compare(one, other)
  );
}

/**
 * The layouts without titles, the smaller one first. If there is a single target whose block exists, the smaller
 * one is the target's own list.
 */
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
  if (!fitsWithout(most)) return undefined;
  let least = 1;
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (fitsWithout(middle)) most = middle;
    else least = middle + 1;
  }
  return order.slice(0, least);
}

/** The state without these tickets, with watermarks of their versions. */
function evict(managed: Managed, evicted: readonly TicketEntry[]): Managed {
  const tickets = new Map(managed.tickets);
  const watermarks = new Map(managed.watermarks);
  for (const [ticket, state] of evicted) {
    tickets.delete(ticket);
    const source = sourceOf(ticket);
    watermarks.set(source, greater(newestVersion(state), watermarks.get(source) ?? 0n));
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
