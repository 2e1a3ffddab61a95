import type { Rejection } from '../../shared/media/judge-changes.ts';
import type { Link } from '../../shared/media/link.ts';
import type { ReservationStatus, TaskStatus } from '../../shared/taskrouter/task-router.ts';
import type { ReconcileReason } from './settle-reasons.ts';

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
  readonly problem?: { readonly reason: Rejection; readonly detail: string };
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
