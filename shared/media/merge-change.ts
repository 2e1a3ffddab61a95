import type { KnownTicket } from '../message/settle.ts';
import { sourceOf } from '../message/ticket-change.ts';
import { shortHash } from './ledger.ts';
import type { Link } from './link.ts';

/** What a Task knows of one ticket. */
export interface TicketState {
  readonly version: bigint;
  /** Hash of the link's URL; undefined when the ticket was taken away. */
  readonly urlHash: string | undefined;
  /** The link; undefined as well where somebody took it out of every media list. */
  readonly link: Link | undefined;
}

/** Everything of ours on one Task. */
export interface Ours {
  readonly tickets: ReadonlyMap<string, TicketState>;
  /** By source: what is not listed and not newer than this had to make room before. */
  readonly floors: ReadonlyMap<string, bigint>;
}

export const stateOf = (change: KnownTicket): TicketState => ({
  version: BigInt(change.version),
  urlHash: change.link === null ? undefined : shortHash(change.link.url),
  link: change.link ?? undefined,
});

const rank = ({ link, urlHash }: TicketState): string => {
  if (urlHash === undefined) return '2';
  return link === undefined ? '0' : `1${link.type}\n${link.url}\n${link.title ?? ''}`;
};

/**
 * Which of two states of one ticket stands: the higher version; at equal versions a tombstone
 * before a link, else the greater link. A total order, so that no order of arrival matters.
 */
export const wins = (one: TicketState, other: TicketState): boolean =>
  one.version === other.version ? rank(one) > rank(other) : one.version > other.version;

/** Whether a change is older than what this Task had to drop, and so can no longer be judged. */
export const isBelowFloor = (ours: Ours, change: KnownTicket): boolean => {
  const floor = ours.floors.get(sourceOf(change.ticket));
  return !ours.tickets.has(change.ticket) && floor !== undefined && BigInt(change.version) <= floor;
};

/** Takes changes into what is known; the order they come in does not matter. */
export const mergeChanges = (ours: Ours, changes: readonly KnownTicket[]): Ours => {
  const tickets = new Map(ours.tickets);
  for (const change of changes) {
    if (isBelowFloor(ours, change)) continue;
    const state = stateOf(change);
    const known = tickets.get(change.ticket);
    if (known === undefined || wins(state, known)) tickets.set(change.ticket, state);
  }
  return { tickets, floors: ours.floors };
};
