import type { LinkConfig } from '../../shared/crm/link-settings.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { isObject, type Json, type JsonObject } from '../../shared/json.ts';
import {
  effectiveMedia,
  type MediaLists,
  parseAttributes,
  UnreadableAttributes,
} from '../../shared/media/attributes.ts';
import { maximumLength } from '../../shared/media/fit.ts';
import { byTicket, emptyLedger } from '../../shared/media/ledger.ts';
import { isShown, unknownVersion } from '../../shared/media/ledger-entry.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { readLedger, taskMediaOf } from '../../shared/media/task-media.ts';
import type { TicketState } from '../../shared/media/tickets.ts';
import { unmanagedPart } from '../../shared/media/unmanaged.ts';
import { isTarget, type Reservation } from '../../shared/messages/segments.ts';
import type { Task } from '../../shared/taskrouter/task-router.ts';
import {
  type Explanation,
  type MediaView,
  reconcileReasons,
  type SegmentView,
  type TicketView,
} from './explanation.ts';
import { createMediaView } from './media-view.ts';

/**
 * Explains a Task: the media of each segment, the tickets in the ledger, and what a reconcile would change.
 * @param sources the sources by name. Their `taskAttribute` names tickets on the Task
 * @param all whether to show media of other writers completely; titles and URLs may hold PHI
 */
export function explainTask(
  task: Pick<Task, 'sid' | 'attributes' | 'status'>,
  reservations: readonly Reservation[],
  sources: Readonly<Record<string, LinkConfig>>,
  all: boolean,
): Explanation {
  const readable = readOrDefault<JsonObject | undefined>(
    () => parseAttributes(task.attributes),
    undefined,
  );
  const attributes = readable ?? {};
  const ledger = readOrDefault(() => readLedger(attributes), emptyLedger);
  const media = taskMediaOf(attributes, ledger);
  const { managed, lists } = media;
  const unmanaged = unmanagedPart(media, media.urls);
  const toView = createMediaView(media, all);

  const sids = reservations.map(({ sid }) => sid);
  const namedTickets = ticketsOnTask(sources);
  const named = namedTickets(attributes).map(({ ticket }) => ticket);
  const {
    attributes: rewritten,
    budget,
    problem,
  } = rewrite(task.attributes, reservations, [], {
    status: task.status,
    namedTickets,
  });
  return {
    task: task.sid,
    status: task.status,
    ...(problem !== undefined && { problem: { reason: problem.reason, detail: problem.detail } }),
    segments:
      readable === undefined ? [] : reservations.map((each) => segmentView(lists, each, toView)),
    tickets: [...managed.tickets]
      .sort(byTicket)
      .map(([ticket, state]) => ticketView(ticket, state, named.includes(ticket))),
    notLinked: named.filter((ticket) => !managed.tickets.has(ticket)),
    watermarks: [...managed.watermarks].sort(byTicket).map(([source, version]) => ({
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
            reasons: reconcileReasons(attributes, parseAttributes(rewritten), sids, budget, toView),
          },
  };
}

/** The year 2001 in milliseconds. A version of this size may still not be a time. */
const earliest = 1_000_000_000_000n;

const latest = BigInt(Date.UTC(2100, 0));

/** Calls `read`; returns the fallback if the attributes are unreadable. */
function readOrDefault<Value>(read: () => Value, fallback: Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadableAttributes)) throw error;
    return fallback;
  }
}

function segmentView(
  lists: MediaLists,
  { sid, status }: Reservation,
  view: (item: Json) => MediaView,
): SegmentView {
  const media = effectiveMedia(lists, sid);
  const [first] = media;
  const inherited = lists.taskList === undefined ? 'defaults' : 'task';
  return {
    sid,
    status,
    target: isTarget({ status }),
    mediaFrom: lists.byReservation.has(sid) ? 'segment' : inherited,
    media: media.map(view),
    rawFirst: isObject(first) && first['type'] === 'Raw',
  };
}

function ticketView(ticket: string, state: TicketState, isNamed: boolean): TicketView {
  const { version, urlHash, link } = state;
  const base = {
    ticket,
    ...(version !== unknownVersion && { version: String(version), ...versionTime(version) }),
    because: reasonsOf(state, isNamed),
  };
  if (!isShown(state)) return { ...base, state: urlHash === undefined ? 'removed' : 'not-named' };
  return link === undefined ? { ...base, state: 'missing' } : { ...base, state: 'linked', link };
}

function reasonsOf(
  { placement, naming, alias }: TicketState,
  isNamed: boolean,
): TicketView['because'] {
  const because: TicketView['because'][number][] = placement?.placed ? ['placed'] : [];
  if (isNamed) because.push('named');
  else if (naming === 'named') because.push(alias === undefined ? 'named' : 'named-before-merge');
  else if (naming === 'kept') because.push('kept');
  return because;
}

/** A version as a time in ISO 8601, if it looks like milliseconds since 1970. */
function versionTime(version: bigint): { at?: string } {
  return version >= earliest && version < latest
    ? { at: new Date(Number(version)).toISOString() }
    : {};
}
