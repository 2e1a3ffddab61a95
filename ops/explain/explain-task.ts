import { effectiveMedia, mediaList, reservationLists } from '../../shared/media/effective-media.ts';
import { foreignPart } from '../../shared/media/foreign-part.ts';
import { isTarget } from '../../shared/media/is-target.ts';
import { isObject, type Json, type JsonObject } from '../../shared/media/json.ts';
import { byTicket, emptyLedger } from '../../shared/media/ledger.ts';
import type { TicketState } from '../../shared/media/merge-change.ts';
import { readAttributes, readLedger, Unreadable } from '../../shared/media/read-attributes.ts';
import { liveHashes, readOurs } from '../../shared/media/read-ours.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { maximumLength } from '../../shared/media/shrink-to-fit.ts';
import type { Reservation, Task } from '../../shared/taskrouter/task-router.ts';
import type { DeployedSource } from '../deployment/deployment.ts';
import type { Explanation, MediaView, SegmentView, TicketView } from './explanation.ts';
import { createMediaView } from './media-view.ts';
import { ticketKeysOnTask } from './named-tickets.ts';
import { reconcileReasons } from './settle-reasons.ts';
import { versionTime } from './version-time.ts';

/** What is read; what stands in for it where it cannot be. */
const readOrDefault = <Value>(read: () => Value, fallback: Value): Value => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return fallback;
  }
};

const segmentView = (
  attributes: JsonObject,
  { sid, status }: Reservation,
  view: (item: Json) => MediaView,
): SegmentView => {
  const media = effectiveMedia(attributes, sid);
  const [first] = media;
  const inherited = mediaList(attributes['conversations']) === undefined ? 'defaults' : 'task';
  return {
    sid,
    status,
    target: isTarget({ status }),
    mediaFrom: reservationLists(attributes).has(sid) ? 'segment' : inherited,
    media: media.map(view),
    rawFirst: isObject(first) && first['type'] === 'Raw',
  };
};

const ticketView = ([ticket, state]: [string, TicketState]): TicketView => {
  const { version, urlHash, link } = state;
  const base = { ticket, version: String(version), ...versionTime(version) };
  if (urlHash === undefined) return { ...base, state: 'taken-away' };
  return link === undefined ? { ...base, state: 'lost' } : { ...base, state: 'linked', link };
};

/**
 * Explains a Task: what each of its segments shows, what our ledger on it knows, and what a settle
 * would change.
 * @param sources in whose attributes a Task names its tickets
 * @param all whether media of others are told whole; titles and URLs may hold PHI
 */
export const explainTask = (
  task: Pick<Task, 'sid' | 'attributes' | 'status'>,
  reservations: readonly Reservation[],
  sources: Readonly<Record<string, DeployedSource>>,
  all: boolean,
): Explanation => {
  const readable = readOrDefault<JsonObject | undefined>(() => readAttributes(task.attributes), undefined);
  const attributes = readable ?? {};
  const ledger = readOrDefault(() => readLedger(attributes), emptyLedger);
  const managed = readOurs(attributes, ledger);
  const unmanaged = foreignPart(attributes, ledger, liveHashes(managed.tickets));
  const toView = createMediaView(managed, all);

  const sids = reservations.map(({ sid }) => sid);
  const { attributes: rewritten, budget, problem } = rewrite(task.attributes, reservations, []);
  return {
    task: task.sid,
    status: task.status,
    ...(problem !== undefined && { problem: { reason: problem.reason, detail: problem.detail } }),
    segments:
      readable === undefined ? [] : reservations.map((each) => segmentView(attributes, each, toView)),
    tickets: [...managed.tickets].sort(byTicket).map(ticketView),
    notLinked: ticketKeysOnTask(attributes, sources).filter((ticket) => !managed.tickets.has(ticket)),
    watermarks: [...managed.floors].sort(byTicket).map(([source, version]) => ({
      source,
      version: String(version),
      ...versionTime(version),
    })),
    size: {
      used: task.attributes.length,
      limit: maximumLength,
      managed: JSON.stringify(attributes).length - JSON.stringify(unmanaged.attributes).length,
    },
    reconcile:
      rewritten === undefined
        ? { writes: false, reasons: [] }
        : {
            writes: true,
            reasons: reconcileReasons(attributes, readAttributes(rewritten), sids, budget, toView),
          },
  };
};
