import type { JsonObject } from '../../shared/media/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import type { Ours } from '../../shared/media/merge-change.ts';
import { readAttributes, readLedger } from '../../shared/media/read-attributes.ts';
import { readOurs } from '../../shared/media/read-ours.ts';
import { isSealed } from '../../shared/media/seal.ts';
import type { OpenSource } from '../crm-change/open-source.ts';
import { type NamedTicket, namedTickets } from './named-tickets.ts';
import type { TaskRouterEvent } from './task-router-event.ts';

/** What an event calls for. */
export type Need =
  | { readonly need: 'nothing'; readonly reason: string }
  | { readonly need: 'settle' }
  /** The Task names tickets that it does not show; to link them settles it besides. */
  | { readonly need: 'link'; readonly tickets: readonly NamedTicket[] };

const nothing = (reason: string): Need => ({ need: 'nothing', reason });

const orUndefined = <Result>(read: () => Result): Result | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** Events of a segment that is there. */
const ofSegment = new Set(['reservation.accepted', 'reservation.wrapup', 'reservation.completed']);

/** Nobody has been offered the Task yet, or nobody ever will be. One on offer may be on transfer. */
const isWithoutSegment = ({ type, status }: TaskRouterEvent): boolean =>
  !ofSegment.has(type) && (status === 'pending' || status === 'canceled');

/** SIDs are the same in capitals and in small letters. */
const isOther = (told: string | undefined, own: string): boolean =>
  told !== undefined && told.toLowerCase() !== own.toLowerCase();

const needOf = (
  event: TaskRouterEvent,
  attributes: JsonObject,
  ours: Ours,
  sources: Iterable<OpenSource>,
): Need => {
  const tickets = isWithoutSegment(event) ? [] : namedTickets(attributes, ours, sources);
  if (tickets.length > 0) return { need: 'link', tickets };
  if (attributes[ledgerAttribute] === undefined) return nothing('the Task has no ticket');
  const isEcho = event.type === 'task.updated' && isSealed(attributes);
  return isEcho ? nothing('our own write') : { need: 'settle' };
};

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
export const needsOf = (
  event: TaskRouterEvent,
  own: { readonly accountSid: string; readonly workspaceSid: string },
  sources: Iterable<OpenSource>,
): Need => {
  if (isOther(event.accountSid, own.accountSid)) return nothing('another account');
  if (isOther(event.workspaceSid, own.workspaceSid)) return nothing('another Workspace');
  const { attributes: text } = event;
  if (text === undefined) return { need: 'settle' };
  const attributes = orUndefined(() => readAttributes(text));
  if (attributes === undefined) return nothing('attributes that cannot be read');
  const ours = orUndefined(() => readOurs(attributes, readLedger(attributes)));
  if (ours === undefined) return nothing('a ledger that cannot be read');
  return needOf(event, attributes, ours, sources);
};
