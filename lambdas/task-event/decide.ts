import type { LinkSource } from '../../shared/crm/link-settings.ts';
import { ticketLink } from '../../shared/crm/ticket-link.ts';
import { type TicketToLink, ticketsToLink } from '../../shared/crm/tickets-on-task.ts';
import { parseAttributes } from '../../shared/media/attributes.ts';
import { isOwnWrite, ledgerAttribute } from '../../shared/media/ledger.ts';
import { readLedger, type TaskMedia, taskMediaOf } from '../../shared/media/task-media.ts';
import { type Message, TicketChangeMessage } from '../../shared/messages/message.ts';
import { isFinishing } from '../../shared/messages/segments.ts';
import type { TaskRouterEvent } from './events.ts';

/** What to do about an event. */
type Decision =
  | { action: 'ignore'; reason: string }
  | { action: 'reconcile' }
  /** The Task names tickets that it does not show. To link them reconciles the Task too. */
  | { action: 'link'; tickets: readonly TicketToLink[] };

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
 * | names a ticket that it does not show, and not on purpose       | link, once it has a segment       |
 * | has a ledger, and an update left our fingerprint valid         | ignore: the echo of our own write |
 * | has a ledger                                                   | reconcile                         |
 * | has no ledger                                                  | ignore                            |
 * | has no attributes in the event                                 | reconcile: the sync reads the Task |
 * | has attributes or a ledger that are not readable               | ignore: we must not write to them |
 */
export function decide(
  event: TaskRouterEvent,
  configured: { accountSid: string; workspaceSid: string },
  sources: Iterable<LinkSource>,
): Decision {
  if (isDifferentSid(event.accountSid, configured.accountSid)) return ignore('another account');
  if (isDifferentSid(event.workspaceSid, configured.workspaceSid))
    return ignore('another Workspace');
  const { attributes: text } = event;
  if (text === undefined) return { action: 'reconcile' };
  const attributes = orUndefined(() => parseAttributes(text));
  if (attributes === undefined) return ignore('attributes are not readable');
  const task = orUndefined(() => taskMediaOf(attributes, readLedger(attributes)));
  if (task === undefined) return ignore('ledger is not readable');
  return decideForTask(event, task, sources);
}

export interface EventMessageOptions {
  /** Milliseconds since 1970. */
  now: () => number;
}

/** The messages for a decision: a change for each ticket to link, or a reconcile. */
export function toMessages(
  event: TaskRouterEvent,
  decision: Decision,
  options: EventMessageOptions,
): readonly Message[] {
  const receivedAt = options.now();
  const { taskSid, occurredAt = receivedAt, status } = event;
  const finishing = isFinishing(status) && { finishing: true as const };

  const toChange = ({ configured: { name, config }, id, version }: TicketToLink): Message => {
    const sids = { taskSid };
    const ticket = { kind: 'present', id, version, occurredAt, sids } as const;
    return TicketChangeMessage.parse({
      v: 1,
      kind: 'ticket-change',
      meta: { receivedAt, ...finishing, fromTaskAttribute: true },
      change: {
        ticket: `${name}/${id}`,
        version,
        link: ticketLink(ticket, config),
        correlation: sids,
        occurredAt,
      },
    });
  };

  if (decision.action === 'link') return decision.tickets.map(toChange);
  if (decision.action === 'ignore') return [];
  return [{ v: 1, kind: 'reconcile', meta: { receivedAt, ...finishing, taskSid, occurredAt } }];
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

/** No agent was offered the Task yet, or none ever will be. A reserved Task may be a transfer. */
function hasNoSegment({ type, status }: TaskRouterEvent): boolean {
  return !segmentEvents.has(type) && (status === 'pending' || status === 'canceled');
}

/** SIDs are equal in upper and in lower case. */
function isDifferentSid(sid: string | undefined, configured: string): boolean {
  return sid !== undefined && sid.toLowerCase() !== configured.toLowerCase();
}

function decideForTask(
  event: TaskRouterEvent,
  { attributes, managed }: TaskMedia,
  sources: Iterable<LinkSource>,
): Decision {
  const tickets = hasNoSegment(event) ? [] : ticketsToLink(attributes, managed, sources);
  if (tickets.length > 0) return { action: 'link', tickets };
  if (attributes[ledgerAttribute] === undefined) return ignore('the Task has no ticket');
  const isEcho = event.type === 'task.updated' && isOwnWrite(attributes);
  return isEcho ? ignore('our own write') : { action: 'reconcile' };
}
