import { canonical, isObject, type Json, type JsonObject } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { RejectionReason } from '../../shared/media/outcomes.ts';
import type { Rewrite } from '../../shared/media/rewrite.ts';
import type { Link } from '../../shared/messages/link.ts';
import type { ReservationStatus, TaskStatus } from '../../shared/messages/segments.ts';

/** One item of a media list. An item of another writer has type and host only, unless `--all` is given. */
export interface MediaView {
  readonly type: string;
  /** The tickets whose link this is; empty for an item of another writer. */
  readonly tickets: readonly string[];
  /** The host of the item's URL. */
  readonly host?: string;
  /** The item itself: always for a link of ours, with `--all` for others. */
  readonly item?: unknown;
}

/** A segment, as supervisors see it. */
export interface SegmentView {
  readonly sid: string;
  readonly status: ReservationStatus;
  /** Whether tickets are linked on it: an agent accepted it. */
  readonly target: boolean;
  /** Where its media come from: a segment's own list hides the Task's, which hides the defaults. */
  readonly mediaFrom: 'segment' | 'task' | 'defaults';
  readonly media: readonly MediaView[];
  /** Whether a `Raw` link is in first position: it hides everything else. */
  readonly rawFirst: boolean;
}

/** A ticket in the ledger. */
export interface TicketView {
  readonly ticket: string;
  readonly version: string;
  /** The version as a time, if it looks like one. */
  readonly at?: string;
  /**
   * `missing`: another writer removed the link from every list. The ledger has only the hash of its URL, so
   * the ticket's next change adds it again; or the next event, if the Task names the ticket.
   */
  readonly state: 'linked' | 'removed' | 'missing';
  readonly link?: Link;
}

/** Changes of the source up to this version are not accepted: links were evicted. */
export interface WatermarkView {
  readonly source: string;
  readonly version: string;
  readonly at?: string;
}

/** A Task, as supervisors see it and as sync does. */
export interface Explanation {
  readonly task: string;
  readonly status: TaskStatus | undefined;
  /** Why sync cannot write to it. */
  readonly problem?: { readonly reason: RejectionReason; readonly detail: string };
  readonly segments: readonly SegmentView[];
  readonly tickets: readonly TicketView[];
  /** Keys of tickets that the Task names and that are not in the ledger. */
  readonly notLinked: readonly string[];
  readonly watermarks: readonly WatermarkView[];
  /** Characters of the attributes; without crm-media-sync they would be `managed` characters shorter. */
  readonly size: { readonly used: number; readonly limit: number; readonly managed: number };
  /** What a reconcile would do. */
  readonly reconcile: { readonly writes: boolean; readonly reasons: readonly ReconcileReason[] };
}

/** Why a reconcile would write. */
export type ReconcileReason =
  /** A segment does not show a ticket yet. */
  | { readonly why: 'link-missing'; readonly segment: string; readonly media: MediaView }
  /** A segment shows another version of the link than the rest of the Task. */
  | { readonly why: 'link-differs'; readonly segment: string; readonly media: MediaView }
  /** A segment shows a ticket that the reconcile removes. */
  | { readonly why: 'link-removed'; readonly segment: string; readonly media: MediaView }
  /** Inherited media (a recording, a transcript) were added after the segment got its list. */
  | { readonly why: 'inherited-added'; readonly segment: string; readonly media: MediaView }
  /** Inherited media were replaced or removed. */
  | { readonly why: 'inherited-removed'; readonly segment: string; readonly media: MediaView }
  /** The items are the same, in another order or twice. */
  | { readonly why: 'order'; readonly segment: string }
  /** No segment changes: only the stored form or the ledger does. */
  | { readonly why: 'bookkeeping' }
  /** Links of tickets are evicted, because the attributes are full. */
  | { readonly why: 'evicted'; readonly tickets: readonly string[] };

/**
 * Why a rewrite without a ticket change would write: compares the media of each segment before and after.
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
