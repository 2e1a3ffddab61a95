import { sourceOf } from '../message/ticket-change.ts';
import { dress, isFoldable, type Style } from './dress.ts';
import type { Foreign } from './foreign-part.ts';
import type { JsonObject } from './json.ts';
import type { Ours } from './merge-change.ts';

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

/** Tombstones before links, each by version: the order in which tickets make room. */
const oldestFirst = (ours: Ours): string[] => {
  const isLink = (ticket: string) => ours.tickets.get(ticket)?.urlHash !== undefined;
  const version = (ticket: string) => ours.tickets.get(ticket)?.version ?? 0n;
  const compare = (one: string, other: string): number => {
    if (isLink(one) !== isLink(other)) return isLink(one) ? 1 : -1;
    if (version(one) !== version(other)) return version(one) < version(other) ? -1 : 1;
    return one < other ? -1 : 1;
  };
  return [...ours.tickets.keys()].sort(compare);
};

const evict = (ours: Ours, ticket: string): Ours => {
  const tickets = new Map(ours.tickets);
  const version = tickets.get(ticket)?.version ?? 0n;
  tickets.delete(ticket);
  const source = sourceOf(ticket);
  const floor = ours.floors.get(source) ?? 0n;
  return { tickets, floors: new Map(ours.floors).set(source, version > floor ? version : floor) };
};

/**
 * Writes ours in the richest form that fits: a link in every segment; else all links once at task
 * level, where no segment would show anything else for it; else without titles; else without the
 * oldest tombstones, then without the oldest links.
 * @returns undefined when not even the newest link fits
 */
export const shrinkToFit = (
  foreign: Foreign,
  ours: Ours,
  targets: readonly string[],
  measure: Measure,
): Fit | undefined => {
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
};
