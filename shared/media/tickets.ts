import type { Link } from '../messages/link.ts';
import type { KnownTicket } from '../messages/message.ts';
import { sourceOf } from '../messages/ticket-change.ts';
import { shortHash } from './ledger.ts';

/** What is known of one ticket. */
export interface TicketState {
  readonly version: bigint;
  /** Hash of the link's URL; undefined if the ticket was removed. */
  readonly urlHash: string | undefined;
  /** The link; undefined also if somebody removed it from every media list. */
  readonly link: Link | undefined;
}

/** The managed part of a Task: everything of ours. */
export interface Managed {
  readonly tickets: ReadonlyMap<string, TicketState>;
  /** By source: a ticket that is not listed, and not newer than this, was evicted before. */
  readonly watermarks: ReadonlyMap<string, bigint>;
}

/** A change, read once. */
export interface TicketUpdate extends TicketState {
  readonly ticket: string;
}

export function toTicketUpdate({ ticket, version, link }: KnownTicket): TicketUpdate {
  return {
    ticket,
    version: BigInt(version),
    urlHash: link === null ? undefined : shortHash(link.url),
    link: link ?? undefined,
  };
}

/**
 * Whether one state of a ticket wins over another: the higher version; at equal versions a tombstone
 * over a link, else the greater link. This is a total order, so no order of arrival matters.
 */
export function wins(one: TicketState, other: TicketState): boolean {
  return one.version === other.version ? rank(one) > rank(other) : one.version > other.version;
}

/** Whether a change is not newer than what this Task had to evict: it may be stale. */
export function isEvictedOrOlder(managed: Managed, { ticket, version }: TicketUpdate): boolean {
  const watermark = managed.watermarks.get(sourceOf(ticket));
  return !managed.tickets.has(ticket) && watermark !== undefined && version <= watermark;
}

/** Merges changes into what is known. Their order does not matter. */
export function merge(managed: Managed, updates: readonly TicketUpdate[]): Managed {
  const tickets = new Map(managed.tickets);
  for (const update of updates) {
    if (isEvictedOrOlder(managed, update)) continue;
    const { ticket, ...state } = update;
    const known = tickets.get(ticket);
    if (known === undefined || wins(state, known)) tickets.set(ticket, state);
  }
  return { tickets, watermarks: managed.watermarks };
}

/** Hashes of the URLs of all links, without those of tombstones. */
export function liveHashes(
  tickets: ReadonlyMap<string, { readonly urlHash: string | undefined }>,
): ReadonlySet<string> {
  return new Set([...tickets.values()].flatMap(({ urlHash }) => urlHash ?? []));
}

function rank({ link, urlHash }: TicketState): string {
  if (urlHash === undefined) return '2';
  return link === undefined ? '0' : `1${link.type}\n${link.url}\n${link.title ?? ''}`;
}
