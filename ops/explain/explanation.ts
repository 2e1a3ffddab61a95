import { canonical, isObject, type Json, type JsonObject } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { RejectionReason } from '../../shared/media/outcomes.ts';
import type { Rewrite } from '../../shared/media/rewrite.ts';
import type { Link } from '../../shared/messages/link.ts';
import type { ReservationStatus, TaskStatus } from '../../shared/messages/segments.ts';

/** One item of a media list. What others put there is told by type and host alone, unless asked for. */
export interface MediaView {
  readonly type: string;
  /** The tickets whose link this is; none where others put it there. */
  readonly tickets: readonly string[];
  /** Of the item's URL. */
  readonly host?: string;
  /** The item whole: of ours always, of others where it was asked for. */
  readonly item?: unknown;
}

/** A segment as a supervisor sees it. */
export interface SegmentView {
  readonly sid: string;
  readonly status: ReservationStatus;
  /** Whether tickets are linked on it: somebody accepted it. */
  readonly target: boolean;
  /** Where its media come from, each hiding those after it. */
  readonly mediaFrom: 'segment' | 'task' | 'defaults';
  readonly media: readonly MediaView[];
  /** A `Raw` in first place, which hides all else. */
  readonly rawFirst: boolean;
}

/** What the ledger knows of one ticket. */
export interface TicketView {
  readonly ticket: string;
  readonly version: string;
  /** The version as a time, where it looks like one. */
  readonly at?: string;
  /**
   * `lost`: somebody took the link out of every list. The ledger has but its hash, so the ticket's next
   * change brings it back; or the next event, if the Task names the ticket.
   */
  readonly state: 'linked' | 'taken-away' | 'lost';
  readonly link?: Link;
}

/** Changes of a source's tickets up to this version are not let in: some had to make room. */
export interface WatermarkView {
  readonly source: string;
  readonly version: string;
  readonly at?: string;
}

/** A Task as a supervisor sees it, and as the sync does. */
export interface Explanation {
  readonly task: string;
  readonly status: TaskStatus | undefined;
  /** What keeps the sync from writing to it. */
  readonly problem?: { readonly reason: RejectionReason; readonly detail: string };
  readonly segments: readonly SegmentView[];
  readonly tickets: readonly TicketView[];
  /** Keys of tickets that the Task names itself, and that the ledger does not know. */
  readonly notLinked: readonly string[];
  readonly watermarks: readonly WatermarkView[];
  /** Characters of the attributes; `ours` is what they would be shorter without us. */
  readonly size: { readonly used: number; readonly limit: number; readonly managed: number };
  /** What a settle would do. */
  readonly reconcile: { readonly writes: boolean; readonly reasons: readonly ReconcileReason[] };
}

/** Why a settle would write. */
export type ReconcileReason =
  /** A segment does not show a ticket yet. */
  | { readonly why: 'link-missing'; readonly segment: string; readonly media: MediaView }
  /** A segment shows a ticket in other words than the rest of the Task. */
  | { readonly why: 'link-differs'; readonly segment: string; readonly media: MediaView }
  /** A segment shows a ticket that it will not show any more. */
  | { readonly why: 'link-leaves'; readonly segment: string; readonly media: MediaView }
  /** What the segment inherits (a recording, a transcript) appeared after its list was made. */
  | { readonly why: 'inherited-appeared'; readonly segment: string; readonly media: MediaView }
  /** What the segment inherited was replaced, or has gone. */
  | { readonly why: 'inherited-gone'; readonly segment: string; readonly media: MediaView }
  /** The items are the same; their order, or how often each stands there, is not. */
  | { readonly why: 'order'; readonly segment: string }
  /** No segment shows anything else for it: how it is written, or the ledger, is brought up to date. */
  | { readonly why: 'bookkeeping' }
  /** Tickets have to make room. */
  | { readonly why: 'evicted'; readonly tickets: readonly string[] };

/**
 * Why a rewrite without any change would write: what each segment shows before and after it.
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

/** The items of one list that the other does not have. */
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
      if (media.tickets.length === 0) return { why: 'inherited-appeared', segment, media };
      return { why: isReplaced(item) ? 'link-differs' : 'link-missing', segment, media };
    }),
    ...removed.flatMap((item): ReconcileReason[] => {
      const media = view(item);
      if (media.tickets.length === 0) return [{ why: 'inherited-gone', segment, media }];
      return isReplacement(item) ? [] : [{ why: 'link-leaves', segment, media }];
    }),
  ];
  const isSame = canonical(before) === canonical(after);
  return reasons.length === 0 && !isSame ? [{ why: 'order', segment }] : reasons;
}
