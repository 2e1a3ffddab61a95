import type { JsonObject } from '../../shared/json.ts';
import { parseAttributes } from '../../shared/media/attributes.ts';
import { isOwnWrite, ledgerAttribute } from '../../shared/media/ledger.ts';
import { unknownVersion } from '../../shared/media/ledger-entry.ts';
import { readLedger, type TaskMedia, taskMediaOf } from '../../shared/media/task-media.ts';
import type { Managed, NamedTicket } from '../../shared/media/tickets.ts';
import type { ReconcileMessage } from '../../shared/messages/message.ts';
import { isFinishing } from '../../shared/messages/segments.ts';
import { sourceOf } from '../../shared/messages/ticket-change.ts';
import type { TaskRouterEvent } from './events.ts';

/** The decision about an event. */
type Decision = (
  | { action: 'ignore'; reason: string }
  | {
      action: 'reconcile';
      /** The tickets that the Task names, and whose links it does not have. */
      toLink: readonly string[];
    }
) & {
  /** How many attributes that should name a ticket contain a value that is not an id. */
  invalidIds?: number;
};

export interface DecideOptions {
  accountSid: string;
  workspaceSid: string;
  /** The tickets that a Task names in its attributes. */
  namedTickets: (attributes: JsonObject) => readonly NamedTicket[];
  /** How many of these attributes contain a value that is not an id. */
  countInvalidIds: (attributes: JsonObject) => number;
}

/** Events of a segment that exists. */
const segmentEvents = new Set([
  'reservation.accepted',
  'reservation.wrapup',
  'reservation.completed',
]);

/**
 * Decides what to do about an event.
 *
 * | the Task in the event                                          | action                            |
 * | -------------------------------------------------------------- | --------------------------------- |
 * | belongs to another account or Workspace                        | ignore                            |
 * | has a ledger, and an update left our fingerprint valid         | ignore: the echo of our own write |
 * | has a ledger                                                   | reconcile                         |
 * | names a ticket, and has a segment or is canceled               | reconcile                         |
 * | else                                                           | ignore                            |
 * | has no attributes in the event                                 | reconcile: the sync reads the Task |
 * | has attributes or a ledger that are not readable               | ignore: we must not write to them |
 */
export function decide(event: TaskRouterEvent, options: DecideOptions): Decision {
  if (isDifferentSid(event.accountSid, options.accountSid)) return ignore('another account');
  if (isDifferentSid(event.workspaceSid, options.workspaceSid)) return ignore('another Workspace');
  const { attributes: text } = event;
  if (text === undefined) return { action: 'reconcile', toLink: [] };
  const attributes = orUndefined(() => parseAttributes(text));
  if (attributes === undefined) return ignore('attributes are not readable');
  const task = orUndefined(() => taskMediaOf(attributes, readLedger(attributes)));
  if (task === undefined) return ignore('ledger is not readable');
  const invalidIds = options.countInvalidIds(attributes);
  const decision = decideForTask(event, task, options.namedTickets(attributes));
  return { ...decision, ...(invalidIds > 0 && { invalidIds }) };
}

/**
 * The message for a Task that has to be reconciled.
 * @param now milliseconds since 1970
 */
export function toReconcile(event: TaskRouterEvent, now: number): ReconcileMessage {
  const { taskSid, occurredAt = now, status } = event;
  return {
    v: 1,
    kind: 'reconcile',
    meta: {
      receivedAt: now,
      ...(isFinishing(status) && { finishing: true as const }),
      taskSid,
      occurredAt,
    },
  };
}

function ignore(reason: string): Decision {
  return { action: 'ignore', reason };
}

function orUndefined<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whether no agent was offered the Task yet. A reserved Task may be a transfer. A canceled Task gets its links. */
function hasNoSegment({ type, status }: TaskRouterEvent): boolean {
  return !segmentEvents.has(type) && status === 'pending';
}

/** Whether two SIDs differ. Upper and lower case do not matter. */
function isDifferentSid(sid: string | undefined, configured: string): boolean {
  return sid !== undefined && sid.toLowerCase() !== configured.toLowerCase();
}

function decideForTask(
  event: TaskRouterEvent,
  { attributes, managed }: TaskMedia,
  named: readonly NamedTicket[],
): Decision {
  const hasLedger = attributes[ledgerAttribute] !== undefined;
  if (!hasLedger && named.length === 0) return ignore('the Task has no ticket');
  if (!hasLedger && hasNoSegment(event)) return ignore('the Task has no segment yet');
  if (event.type === 'task.updated' && isOwnWrite(attributes)) return ignore('our own write');
  const tickets = named.map(({ ticket }) => ticket);
  return { action: 'reconcile', toLink: tickets.filter((ticket) => isToLink(ticket, managed)) };
}

/**
 * Whether a ticket that the Task names needs a link: the ticket is new, or named again, or another writer removed
 * its link. Not if the ticket was deleted, or was evicted for others of its source.
 */
function isToLink(ticket: string, { tickets, watermarks }: Managed): boolean {
  const known = tickets.get(ticket);
  if (known === undefined) return !watermarks.has(sourceOf(ticket));
  const isDeleted = known.urlHash === undefined && known.version !== unknownVersion;
  return known.link === undefined && !isDeleted;
}
