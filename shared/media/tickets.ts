import type { KnownTicket } from '../messages/message.ts';
import { type Link, sourceOf } from '../messages/ticket-change.ts';
import {
  isShown,
  type LedgerEntry,
  type Placement,
  shortHash,
  titleUnits,
  unknownVersion,
} from './ledger-entry.ts';

/** What is known of one ticket. */
export interface TicketState extends LedgerEntry {
  /** The link; undefined also if the ticket is not shown, or somebody removed it from every media list. */
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
  /** The ticket that was merged into it, on a Task that has or names that one. */
  readonly replaces: string | undefined;
}

/** A ticket that the Task names, and its link. */
export interface NamedTicket {
  readonly ticket: string;
  readonly link: Link;
}

/** Nothing is known of its link. */
const noLink = {
  version: unknownVersion,
  urlHash: undefined,
  link: undefined,
  titleUnits: 0,
};

/** Nothing is known of it. */
export const unknown: TicketState = {
  ...noLink,
  placement: undefined,
  naming: undefined,
  alias: undefined,
};

export function toTicketUpdate(known: KnownTicket): TicketUpdate {
  const { ticket, link, placed, named, alias, replaces } = known;
  const version = BigInt(known.version);
  return {
    ticket,
    version: link === undefined ? unknownVersion : version,
    urlHash: link ? shortHash(link.url) : undefined,
    link: link ?? undefined,
    placement:
      placed === undefined
        ? undefined
        : { version: BigInt(known.placedVersion ?? known.version), placed },
    naming: named && 'named',
    alias,
    titleUnits: titleUnits(link?.title),
    replaces,
  };
}

/** What a link that has no segment yet says at once: that the ticket is not on this conversation. */
export function withoutLink(update: TicketUpdate): TicketUpdate | undefined {
  const isOff = update.placement?.placed === false;
  return isOff ? { ...update, ...noLink, naming: undefined, replaces: undefined } : undefined;
}

/** A state for a message; undefined if a confirmation of it could add nothing to what the Task says itself. */
export function toKnownTicket(ticket: string, state: TicketState): KnownTicket | undefined {
  const { version, urlHash, link, placement, naming, alias } = state;
  const isLost = urlHash !== undefined && link === undefined;
  const isOfTaskOnly = !isShown(state) && placement === undefined;
  if (isOfTaskOnly || (isLost && placement === undefined)) return undefined;
  const isLinkKnown = version !== unknownVersion && !isLost;
  const ownVersion = isLinkKnown ? version : (placement?.version ?? version);
  const isOtherVersion = placement !== undefined && placement.version !== ownVersion;
  return {
    ticket,
    version: String(ownVersion),
    ...(isLinkKnown && { link: link ?? null }),
    ...(placement !== undefined && { placed: placement.placed }),
    ...(isOtherVersion && { placedVersion: String(placement.version) }),
    ...(naming !== undefined && { named: true as const }),
    ...(alias !== undefined && { alias }),
  };
}

/**
 * Whether what one state says of the link wins over another: the higher version; at equal versions a
 * deletion over a link, else the greater link. This is a total order, so no order of arrival matters.
 */
export function wins(one: TicketState, other: TicketState): boolean {
  return one.version === other.version ? rank(one) > rank(other) : one.version > other.version;
}

/** The same of where the ticket is: at equal versions, off the conversation wins. */
export function placementWins(one: Placement | undefined, other: Placement | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.version === other.version ? other.placed && !one.placed : one.version > other.version;
}

/** The newest version that a state holds. */
export function newestVersion({ version, placement }: TicketState): bigint {
  return placement !== undefined && placement.version > version ? placement.version : version;
}

/** Whether a change is not newer than what this Task had to evict: it may be stale. */
export function isEvictedOrOlder(managed: Managed, update: TicketUpdate): boolean {
  const watermark = managed.watermarks.get(sourceOf(update.ticket));
  return (
    !managed.tickets.has(update.ticket) &&
    watermark !== undefined &&
    newestVersion(update) <= watermark
  );
}

function rank({ link, urlHash }: TicketState): string {
  if (urlHash === undefined) return '2';
  return link === undefined ? '0' : `1${link.type}\n${link.url}\n${link.title ?? ''}`;
}
