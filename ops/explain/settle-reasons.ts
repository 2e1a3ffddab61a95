import { effectiveMedia } from '../../shared/media/effective-media.ts';
import { canonical, isObject, type Json, type JsonObject } from '../../shared/media/json.ts';
import type { Rewrite } from '../../shared/media/rewrite.ts';
import type { MediaView } from './explanation.ts';

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

/** The items of one list that the other does not have. */
const itemsNotIn = (list: readonly Json[], other: readonly Json[]): Json[] => {
  const otherItems = new Set(other.map(canonical));
  return list.filter((item) => !otherItems.has(canonical(item)));
};

const urlOf = (item: Json): Json | undefined => (isObject(item) ? item['url'] : undefined);

const segmentReasons = (
  segment: string,
  before: readonly Json[],
  after: readonly Json[],
  view: (item: Json) => MediaView,
): ReconcileReason[] => {
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
};

/**
 * Why a rewrite without any change would write: what each segment shows before and after it.
 * @param segments SIDs of all reservations
 */
export const reconcileReasons = (
  before: JsonObject,
  after: JsonObject,
  segments: readonly string[],
  { evicted }: Rewrite['budget'],
  view: (item: Json) => MediaView,
): ReconcileReason[] => {
  const shown = segments.flatMap((sid) =>
    segmentReasons(sid, effectiveMedia(before, sid), effectiveMedia(after, sid), view),
  );
  const reasons: ReconcileReason[] =
    evicted.length > 0 ? [{ why: 'evicted', tickets: evicted }, ...shown] : shown;
  return reasons.length > 0 ? reasons : [{ why: 'bookkeeping' }];
};
