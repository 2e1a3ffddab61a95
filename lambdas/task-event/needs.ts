import type { JsonObject } from '../../shared/media/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import type { Ours } from '../../shared/media/merge-change.ts';
import { readAttributes, readLedger } from '../../shared/media/read-attributes.ts';
import { readOurs } from '../../shared/media/read-ours.ts';
import { isSealed } from '../../shared/media/seal.ts';
import type { ConfiguredSource } from '../crm-change/open-source.ts';
import { type TicketToLink, ticketsToLink } from './named-tickets.ts';
import type { TaskRouterEvent } from './task-router-event.ts';

/** What an event calls for. */
export type Decision =
  | { readonly action: 'nothing'; readonly reason: string }
  | { readonly action: 'settle' }
  /** The Task names tickets that it does not show; to link them settles it besides. */
  | { readonly action: 'link'; readonly tickets: readonly TicketToLink[] };

const ignore = (reason: string): Decision => ({ action: 'nothing', reason });

const orUndefined = <Result>(read: () => Result): Result | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** Events of a segment that is there. */
const segmentEvents = new Set([
  'reservation.accepted',
  'reservation.wrapup',
  'reservation.completed',
]);

/** Nobody has been offered the Task yet, or nobody ever will be. One on offer may be on transfer. */
const hasNoSegment = ({ type, status }: TaskRouterEvent): boolean =>
  !segmentEvents.has(type) && (status === 'pending' || status === 'canceled');

/** SIDs are the same in capitals and in small letters. */
const isDifferentSid = (sid: string | undefined, configured: string): boolean =>
  sid !== undefined && sid.toLowerCase() !== configured.toLowerCase();

const decideForTask = (
  event: TaskRouterEvent,
  attributes: JsonObject,
  managed: Ours,
  sources: Iterable<ConfiguredSource>,
): Decision => {
  const tickets = hasNoSegment(event) ? [] : ticketsToLink(attributes, managed, sources);
  if (tickets.length > 0) return { action: 'link', tickets };
  if (attributes[ledgerAttribute] === undefined) return ignore('the Task has no ticket');
  const isEcho = event.type === 'task.updated' && isSealed(attributes);
  return isEcho ? ignore('our own write') : { action: 'settle' };
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
export const decide = (
  event: TaskRouterEvent,
  configured: { readonly accountSid: string; readonly workspaceSid: string },
  sources: Iterable<ConfiguredSource>,
): Decision => {
  if (isDifferentSid(event.accountSid, configured.accountSid)) return ignore('another account');
  if (isDifferentSid(event.workspaceSid, configured.workspaceSid))
    return ignore('another Workspace');
  const { attributes: text } = event;
  if (text === undefined) return { action: 'settle' };
  const attributes = orUndefined(() => readAttributes(text));
  if (attributes === undefined) return ignore('attributes that cannot be read');
  const managed = orUndefined(() => readOurs(attributes, readLedger(attributes)));
  if (managed === undefined) return ignore('a ledger that cannot be read');
  return decideForTask(event, attributes, managed, sources);
};
