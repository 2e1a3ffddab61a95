import { canonical, isObject, type Json, type JsonObject } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { RejectionReason } from '../../shared/media/outcomes.ts';
import type { Rewrite } from '../../shared/media/rewrite.ts';
import type { ReservationStatus, TaskStatus } from '../../shared/messages/segments.ts';
import type { Link } from '../../shared/messages/ticket-change.ts';

/** One item of a media list. For an item of another writer it has only type and host, unless `--all` is given. */
export interface MediaView {
  type: string;
  /** The tickets that the link belongs to. Empty for an item of another writer. */
  tickets: readonly string[];
  /** The host of the item's URL. */
  host?: string;
  /** The item itself. For a link of ours it is always there, for other items only with `--all`. */
  item?: unknown;
}

/** A segment in the view of supervisors. */
export interface SegmentView {
  sid: string;
  status: ReservationStatus;
  /** Whether tickets are linked to the segment, because an agent accepted it. */
  target: boolean;
  /** Where its media come from. A segment's own list hides the Task's list, which hides the defaults. */
  mediaFrom: 'segment' | 'task' | 'defaults';
  media: readonly MediaView[];
  /** Whether the first item is a `Raw` link, which hides all others. */
  rawFirst: boolean;
}

/** A ticket in the ledger. */
export interface TicketView {
  ticket: string;
  /** The version of the newest change of its link. Missing if there was none. */
  version?: string;
  /** The version as a time, if it looks like one. */
  at?: string;
  /**
   * Why the ticket is there. `placed`: the CRM placed it by a SID. `named`: the Task names it.
   * `named-before-merge`: the Task names a ticket that was merged into it. `kept`: the Task named it, and lost the
   * name and our ledger to another writer.
   */
  because: readonly ('placed' | 'named' | 'named-before-merge' | 'kept')[];
  /**
   * `removed`: the CRM deleted it, or removed it from this conversation. `not-named`: the Task named it once, and
   * the CRM did not place it. `missing`: another writer removed the link from every list. The ledger has only the
   * hash of its URL. So the ticket's next change adds it again, or the next event if the Task names the ticket.
   */
  state: 'linked' | 'removed' | 'not-named' | 'missing';
  link?: Link;
}

/** Changes of the source up to this version are not accepted: links were evicted. */
export interface WatermarkView {
  source: string;
  version: string;
  at?: string;
}

/** A Task in the view of supervisors and of sync. */
export interface Explanation {
  task: string;
  status: TaskStatus | undefined;
  /** Why sync cannot write to it. */
  problem?: { reason: RejectionReason; detail: string };
  segments: readonly SegmentView[];
  tickets: readonly TicketView[];
  /** Keys of tickets that the Task names and that are not in the ledger. */
  notLinked: readonly string[];
  watermarks: readonly WatermarkView[];
  /** Characters of the attributes. Without crm-media-sync they would be `managed` characters shorter. */
  size: { used: number; limit: number; managed: number };
  /** The effect of a reconcile. */
  reconcile: { writes: boolean; reasons: readonly ReconcileReason[] };
}

/** Why a reconcile would write. */
export type ReconcileReason =
  /** A segment does not show a ticket yet. */
  | { why: 'link-missing'; segment: string; media: MediaView }
  /** A segment shows another version of the link than the rest of the Task. */
  | { why: 'link-differs'; segment: string; media: MediaView }
  /** A segment shows a ticket that the reconcile removes. */
  | { why: 'link-removed'; segment: string; media: MediaView }
  /** Inherited media (a recording, a transcript) were added after the segment got its list. */
  | { why: 'inherited-added'; segment: string; media: MediaView }
  /** Inherited media were replaced or removed. */
  | { why: 'inherited-removed'; segment: string; media: MediaView }
  /** The items are the same, in another order or twice. */
  | { why: 'order'; segment: string }
  /** No segment changes: only the stored form or the ledger does. */
  | { why: 'bookkeeping' }
  /** Links of tickets are evicted, because the attributes are full. */
  | { why: 'evicted'; tickets: readonly string[] };

/**
 * Why a rewrite without a ticket change would write. It compares the media of each segment before and after.
 * @param segments SIDs of all reservations
 */
export function reconcileReasons(
  before: JsonObject,
  after: JsonObject,
  segments: readonly string[],
  { evicted }: Rewrite['budget'],
  view: (item: Json) => MediaView,
): ReconcileReason[] {
  const [was, is] = [mediaLists(before), mediaLists(after)];
  const shown = segments.flatMap((sid) =>
    segmentReasons(sid, effectiveMedia(was, sid), effectiveMedia(is, sid), view),
  );
  const reasons: ReconcileReason[] =
    evicted.length > 0 ? [{ why: 'evicted', tickets: evicted }, ...shown] : shown;
  return reasons.length > 0 ? reasons : [{ why: 'bookkeeping' }];
}

/** The items of one list that are not in the other. */
function itemsNotIn(list: readonly Json[], other: readonly Json[]): Json[] {
  const otherItems = new Set(other.map(canonical));
  return list.filter((item) => !otherItems.has(canonical(item)));
}

function urlOf(item: Json): Json | undefined {
  return isObject(item) ? item['url'] : undefined;
}

function segmentReasons(
  segment: string,
  before: readonly Json[],
  after: readonly Json[],
  view: (item: Json) => MediaView,
): ReconcileReason[] {
  const added = itemsNotIn(after, before);
  const removed = itemsNotIn(before, after);
  const isReplaced = (item: Json) => removed.some((other) => urlOf(other) === urlOf(item));
  const isReplacement = (item: Json) => added.some((other) => urlOf(other) === urlOf(item));

  const reasons = [
    ...added.map((item): ReconcileReason => {
      const media = view(item);
      if (media.tickets.length === 0) return { why: 'inherited-added', segment, media };
      return { why: isReplaced(item) ? 'link-differs' : 'link-missing', segment, media };
    }),
    ...removed.flatMap((item): ReconcileReason[] => {
      const media = view(item);
      if (media.tickets.length === 0) return [{ why: 'inherited-removed', segment, media }];
      return isReplacement(item) ? [] : [{ why: 'link-removed', segment, media }];
    }),
  ];
  const isSame = canonical(before) === canonical(after);
  return reasons.length === 0 && !isSame ? [{ why: 'order', segment }] : reasons;
}
