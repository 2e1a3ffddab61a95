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

/** The known state of one ticket. */
export interface TicketState extends LedgerEntry {
  /** The link. Undefined if the ticket is not shown, or somebody removed the link from every media list. */
  readonly link: Link | undefined;
}

/** The managed part of a Task: all data that we wrote. */
export interface Managed {
  readonly tickets: ReadonlyMap<string, TicketState>;
  /**
   * The version of the newest evicted ticket, by source. A ticket that is not listed, and whose version is not
   * higher, was evicted before.
   */
  readonly watermarks: ReadonlyMap<string, bigint>;
}

/** A parsed change. */
export interface TicketUpdate extends TicketState {
  readonly ticket: string;
  /** The ticket that was merged into this one. It counts on a Task that has or names the merged ticket. */
  readonly replaces: string | undefined;
}

/** A ticket that the Task names, and its link. */
export interface NamedTicket {
  readonly ticket: string;
  readonly link: Link;
}

/** The state of a ticket whose link is unknown. */
const noLink = {
  version: unknownVersion,
  urlHash: undefined,
  link: undefined,
  titleUnits: 0,
};

/** The state of a ticket of which nothing is known. */
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
    naming: named && 'kept',
    alias,
    titleUnits: titleUnits(link?.title),
    replaces,
  };
}

/**
 * The part of a change that can be applied before its link has a segment: that the ticket does not belong to this
 * conversation. Undefined if there is none.
 */
export function withoutLink(update: TicketUpdate): TicketUpdate | undefined {
  const isOff = update.placement?.placed === false;
  return isOff ? { ...update, ...noLink, naming: undefined, replaces: undefined } : undefined;
}

/** A state as part of a message. Undefined if a confirmation of it could add nothing to the Task's own data. */
export function toKnownTicket(ticket: string, state: TicketState): KnownTicket | undefined {
  const { version, urlHash, link, placement, naming, alias } = state;
  const isLost = urlHash !== undefined && link === undefined;
  const isOfTaskOnly = !isShown(state) && placement === undefined;
  if (isOfTaskOnly || (isLost && placement === undefined)) return undefined;
  const isLinkKnown = version !== unknownVersion && !isLost;
  const { version: ownVersion } = isLinkKnown ? state : (placement ?? state);
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
 * Whether the link data of one state replaces that of another. The higher version wins. At equal versions a
 * deletion wins over a link, and the greater link over the other. This is a total order, so the order of arrival
 * does not matter.
 */
export function wins(one: TicketState, other: TicketState): boolean {
  return (compare(one.version, other.version) || compare(rank(one), rank(other))) > 0;
}

/** The same for a ticket's placement. At equal versions, "not on this conversation" wins. */
export function placementWins(one: Placement | undefined, other: Placement | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  const isOff = ({ placed }: Placement) => Number(!placed);
  return (compare(one.version, other.version) || compare(isOff(one), isOff(other))) > 0;
}

/** The newest version in a state. */
export function newestVersion({ version, placement }: TicketState): bigint {
  return greater(placement?.version ?? unknownVersion, version);
}

/** Order of versions, and of what else tells two states apart. */
export function compare<Value extends bigint | number | string>(one: Value, other: Value): number {
  return Number(one > other) - Number(one < other);
}

export function greater(one: bigint, other: bigint): bigint {
  // Stryker disable next-line EqualityOperator: of two equal numbers it does not matter which.
  return one > other ? one : other;
}

/** Whether a change is not newer than the tickets that this Task had to evict. Then it may be stale. */
export function isEvictedOrOlder(managed: Managed, update: TicketUpdate): boolean {
  const watermark = managed.watermarks.get(sourceOf(update.ticket));
  return (
    !managed.tickets.has(update.ticket) &&
    // Stryker disable next-line ConditionalExpression: no version is at most undefined.
    watermark !== undefined &&
    newestVersion(update) <= watermark
  );
}

/** A link that is lost, before every link, before a deletion. */
function rank({ link, urlHash }: TicketState): string {
  if (urlHash === undefined) return '1';
  return link === undefined ? '' : `0${linkRank(link)}`;
}

/** The order of links of one version: by their texts, and without a title before any title. */
export function linkRank({ type, url, title }: Link): string {
  return [type, url, ...(title === undefined ? [] : [title])].join('\n');
}
