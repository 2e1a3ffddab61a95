import { sourceOf } from '../messages/ticket-change.ts';
import {
  byAge,
  type Fit,
  type Measure,
  newestFits,
  type Room,
  shrinkToFit,
  type TicketEntry,
} from './fit.ts';
import { linkHashes, type TaskMedia } from './task-media.ts';
import { liveHashes, type Managed, merge, type TicketUpdate } from './tickets.ts';
import { unmanagedPart } from './unmanaged.ts';

export interface Merged {
  /** What is known with the changes merged. */
  readonly wanted: Managed;
  /** What can be written of it; undefined if the Task has no room. */
  readonly fit: Fit | undefined;
  /** Tickets whose changes were left out, because nothing fits with them. */
  readonly leftOut: ReadonlySet<string>;
}

/**
 * Merges changes into what a Task knows, and fits the result into its attributes. If not even the
 * newest link has room, the changes of its ticket are left out, then those of the next.
 *
 * Time is near n log n in the number of changes: what is left out is found by trying the newest link
 * alone, and only the result is rendered whole.
 */
export function mergeAndFit(
  task: TaskMedia,
  updates: readonly TicketUpdate[],
  targets: readonly string[],
  measure: Measure,
): Merged {
  const { managed } = task;
  const merged = merge(managed, updates);
  const roomFor = (tickets: Managed['tickets']): Room => {
    const urlHashes = liveHashes(managed.tickets).union(liveHashes(tickets));
    return { unmanaged: unmanagedPart(task, urlHashes), targets, measure };
  };
  let room = roomFor(merged.tickets);
  const fit = shrinkToFit(room, merged);
  const leftOut = new Set<string>();
  if (fit !== undefined) return { wanted: merged, fit, leftOut };

  const tickets = new Map(merged.tickets);
  const links = [...tickets].filter(([, { urlHash }]) => urlHash !== undefined).sort(byAge);
  const hashesOnTask = linkHashes(task.lists);
  const bySource = countBySource(tickets.keys());
  let newestKnown: TicketEntry | undefined;
  for (const ticket of newestFirst(updates)) {
    leftOut.add(ticket);
    const update = tickets.get(ticket);
    const known = managed.tickets.get(ticket);
    if (known !== undefined) {
      tickets.set(ticket, known);
      if (known.urlHash !== undefined) newestKnown = newer(newestKnown, [ticket, known]);
    } else if (tickets.delete(ticket)) {
      addTo(bySource, sourceOf(ticket), -1);
    }
    while (leftOut.has(links.at(-1)?.[0] ?? '')) links.pop();
    // Somebody else's link may have the same URL: without the change it is theirs.
    if (hashesOnTask.has(update?.urlHash ?? '')) room = roomFor(tickets);

    const newest = newer(newestKnown, links.at(-1));
    if (newestFits(room, newest, watermarksBeside(newest, bySource, managed))) break;
  }
  const wanted = { tickets, watermarks: managed.watermarks };
  return { wanted, fit: shrinkToFit(room, wanted), leftOut };
}

/** Tickets by their newest change. A link counts as newer than any removal: it is evicted later. */
function newestFirst(updates: readonly TicketUpdate[]): ReadonlySet<string> {
  const rank = ({ link }: TicketUpdate) => (link === undefined ? 0 : 1);
  const sorted = updates.toSorted(
    (one, other) => rank(other) - rank(one) || compare(other.version, one.version),
  );
  return new Set(sorted.map(({ ticket }) => ticket));
}

/** Watermarks of all sources that have a ticket besides this one. How new they are takes no room. */
function watermarksBeside(
  ticket: TicketEntry | undefined,
  bySource: ReadonlyMap<string, number>,
  { watermarks }: Managed,
): Managed['watermarks'] {
  const source = ticket === undefined ? undefined : sourceOf(ticket[0]);
  const others = [...bySource].flatMap(([each, count]) =>
    count > (each === source ? 1 : 0) ? [[each, 0n] as const] : [],
  );
  return new Map([...watermarks, ...others]);
}

function newer(one: TicketEntry | undefined, other: TicketEntry | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  return byAge(one, other) > 0 ? one : other;
}

function countBySource(tickets: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ticket of tickets) addTo(counts, sourceOf(ticket), 1);
  return counts;
}

function addTo(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function compare(one: bigint, other: bigint): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
