import { type JsonObject, textAt } from '../json.ts';
import type { NamedTicket } from '../media/tickets.ts';
import type { LinkConfig } from './link-settings.ts';
import { type TicketIdSource, ticketIdOf } from './ticket-ids.ts';
import { ticketLink } from './ticket-link.ts';

/** The settings that decide which ticket of a source a Task names. */
type NamingSource = TicketIdSource & Pick<LinkConfig, 'taskAttribute'>;

/**
 * The id of the ticket that a Task names in the `taskAttribute` of a source. Undefined if the Task names none, or
 * the value does not have the shape of the source's ids.
 */
export function ticketIdOnTask(attributes: JsonObject, source: NamingSource): string | undefined {
  const text = textOnTask(attributes, source);
  return text === undefined ? undefined : ticketIdOf(text, source);
}

/** Counts the attributes of a Task that should name a ticket, and contain a value that is not an id. */
export function countInvalidIds(
  sources: Readonly<Record<string, LinkConfig>>,
): (attributes: JsonObject) => number {
  return (attributes) =>
    Object.values(sources).filter((config) => {
      const text = textOnTask(attributes, config) ?? '';
      return text.trim() !== '' && ticketIdOf(text, config) === undefined;
    }).length;
}

/** Returns the tickets that a Task names in the attributes of these sources, each with its link. */
export function ticketsOnTask(
  sources: Readonly<Record<string, LinkConfig>>,
): (attributes: JsonObject) => readonly NamedTicket[] {
  return (attributes) =>
    Object.entries(sources).flatMap(([name, config]): NamedTicket[] => {
      const id = ticketIdOnTask(attributes, config);
      return id === undefined
        ? []
        : [{ ticket: `${name}/${id}`, link: ticketLink({ id }, config) }];
    });
}

function textOnTask(
  attributes: JsonObject,
  { taskAttribute }: Pick<LinkConfig, 'taskAttribute'>,
): string | undefined {
  return taskAttribute === undefined ? undefined : textAt(attributes, taskAttribute);
}
