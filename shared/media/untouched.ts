import type { JsonObject } from '../json.ts';
import type { KnownTicket } from '../messages/message.ts';
import type { Reservation, TaskStatus } from '../messages/segments.ts';
import { UnreadableAttributes } from './attributes.ts';
import { isOwnWrite } from './ledger.ts';
import { rewrite } from './rewrite.ts';
import { parseTaskMedia } from './task-media.ts';
import type { NamedTicket } from './tickets.ts';

/**
 * Whether a Task's attributes are as our last write left them, and hold all that was to be confirmed. Then a
 * confirmation need not read the reservations: only a later segment could need something, and TaskRouter sends
 * an event for it.
 *
 * @param text the Task's `attributes`, a JSON text
 * @param confirmed what was written: a writer may have put back an older state, our ledger included
 */
export function isUntouched(
  text: string,
  confirmed: readonly KnownTicket[],
  options: {
    status?: TaskStatus | undefined;
    namedTickets: (attributes: JsonObject) => readonly NamedTicket[];
  },
): boolean {
  try {
    const { attributes, lists } = parseTaskMedia(text);
    if (!isOwnWrite(attributes)) return false;
    const segments = [...lists.byReservation.keys()].map(accepted);
    return (
      segments.length > 0 && rewrite(text, segments, confirmed, options).attributes === undefined
    );
  } catch (error) {
    if (error instanceof UnreadableAttributes) return false;
    throw error;
  }
}

function accepted(sid: string): Reservation {
  return { sid, status: 'completed' };
}
