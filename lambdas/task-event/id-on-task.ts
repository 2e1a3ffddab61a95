import { type JsonObject, textAt } from '../../shared/media/json.ts';
import { TicketId } from '../../shared/message/ticket-change.ts';
import type { Source } from '../crm-change/sources/source.ts';

/**
 * The id of the ticket that a Task names in the attribute of a source; undefined where it names none,
 * or what stands there cannot be an id.
 * @param taskAttribute the name of the attribute; undefined where the source has none
 */
export const ticketIdOnTask = (
  attributes: JsonObject,
  taskAttribute: string | undefined,
  source: Pick<Source, 'ticketIdFromAttribute'> | undefined,
): string | undefined => {
  const text = taskAttribute === undefined ? undefined : textAt(attributes, taskAttribute);
  if (text === undefined) return undefined;
  return TicketId.safeParse(
    source?.ticketIdFromAttribute ? source.ticketIdFromAttribute(text) : text,
  ).data;
};
