import type { ConfiguredSource } from '../../shared/crm/config.ts';
import { type TicketToLink, ticketsToLink } from '../../shared/crm/tickets-on-task.ts';
import { ticketLink } from '../../shared/crm/to-ticket-change.ts';
import { parseAttributes } from '../../shared/media/attributes.ts';
import { isOwnWrite, ledgerAttribute } from '../../shared/media/ledger.ts';
import { readLedger, type TaskMedia, taskMediaOf } from '../../shared/media/task-media.ts';
import { type Message, TicketChangeMessage } from '../../shared/messages/message.ts';
import { isFinishing } from '../../shared/messages/segments.ts';
import type { TaskRouterEvent } from './events.ts';

/** What an event calls for. */
type Decision =
  | { readonly action: 'nothing'; readonly reason: string }
  | { readonly action: 'settle' }
  /** The Task names tickets that it does not show; to link them settles it besides. */
  | { readonly action: 'link'; readonly tickets: readonly TicketToLink[] };

/** Events of a segment that is there. */
const segmentEvents = new Set([
  'reservation.accepted',
  'reservation.wrapup',
  'reservation.completed',
]);

/**
 * Decides what an event calls for.
 *
 * | the Task as the event tells it                     | need                                    |
 * | -------------------------------------------------- | --------------------------------------- |
 * | of another account or Workspace                    | nothing                                 |
 * | names a ticket that it neither shows nor lost on purpose | link, once it has a segment        |
 * | has a ledger, and our seal stands after an update  | nothing: it is the echo of our own write|
 * | has a ledger                                       | settle                                  |
 * | has none                                           | nothing                                 |
 * | attributes that are not told                       | settle: the Task itself will tell       |
 * | attributes that cannot be read                     | nothing: they are not ours to write to  |
 */
export function decide(
  event: TaskRouterEvent,
  configured: { readonly accountSid: string; readonly workspaceSid: string },
  sources: Iterable<ConfiguredSource>,
): Decision {
  if (isDifferentSid(event.accountSid, configured.accountSid)) return ignore('another account');
  if (isDifferentSid(event.workspaceSid, configured.workspaceSid))
    return ignore('another Workspace');
  const { attributes: text } = event;
  if (text === undefined) return { action: 'settle' };
  const attributes = orUndefined(() => parseAttributes(text));
  if (attributes === undefined) return ignore('attributes that cannot be read');
  const task = orUndefined(() => taskMediaOf(attributes, readLedger(attributes)));
  if (task === undefined) return ignore('a ledger that cannot be read');
  return decideForTask(event, task, sources);
}

export interface EventMessageOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The messages for an event: a change for each ticket that the Task names, or a settle.
 * @throws Refusal never: a link is made of the source's own template.
 */
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
  if (decision.action === 'nothing') return [];
  return [{ v: 1, kind: 'reconcile', meta: { receivedAt, ...finishing, taskSid, occurredAt } }];
}

function ignore(reason: string): Decision {
  return { action: 'nothing', reason };
}

function orUndefined<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Nobody has been offered the Task yet, or nobody ever will be. One on offer may be on transfer. */
function hasNoSegment({ type, status }: TaskRouterEvent): boolean {
  return !segmentEvents.has(type) && (status === 'pending' || status === 'canceled');
}

/** SIDs are the same in capitals and in small letters. */
function isDifferentSid(sid: string | undefined, configured: string): boolean {
  return sid !== undefined && sid.toLowerCase() !== configured.toLowerCase();
}

function decideForTask(
  event: TaskRouterEvent,
  { attributes, managed }: TaskMedia,
  sources: Iterable<ConfiguredSource>,
): Decision {
  const tickets = hasNoSegment(event) ? [] : ticketsToLink(attributes, managed, sources);
  if (tickets.length > 0) return { action: 'link', tickets };
  if (attributes[ledgerAttribute] === undefined) return ignore('the Task has no ticket');
  const isEcho = event.type === 'task.updated' && isOwnWrite(attributes);
  return isEcho ? ignore('our own write') : { action: 'settle' };
}
