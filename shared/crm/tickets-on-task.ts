import { type JsonObject, textAt } from '../json.ts';
import type { Managed } from '../media/tickets.ts';
import type { LinkConfig, LinkSource } from './link-settings.ts';
import { ticketIdFromAttribute } from './ticket-ids.ts';

/**
 * The id of the ticket that a Task names in the `taskAttribute` of a source; undefined if it names none,
 * or if the value cannot be an id.
 */
export function ticketIdOnTask(
  attributes: JsonObject,
  { kind, taskAttribute }: Pick<LinkConfig, 'kind' | 'taskAttribute'>,
): string | undefined {
  const text = taskAttribute === undefined ? undefined : textAt(attributes, taskAttribute);
  return text === undefined ? undefined : ticketIdFromAttribute(kind, text);
}

/** A ticket that a Task names in the attribute of a source, and does not show. */
export interface TicketToLink {
  configured: LinkSource;
  id: string;
  /** The version for its link. */
  version: string;
}

/** What a Task says of a ticket is older than anything from the CRM. */
const oldestVersion = 0n;

/**
 * The tickets that a Task names and does not show.
 * @param managed our tickets on the Task
 */
export function ticketsToLink(
  attributes: JsonObject,
  managed: Managed,
  sources: Iterable<LinkSource>,
): readonly TicketToLink[] {
  return [...sources].flatMap((configured): TicketToLink[] => {
    const { name, config } = configured;
    const id = ticketIdOnTask(attributes, config);
    const version = id === undefined ? undefined : linkVersion(managed, name, id);
    return id === undefined || version === undefined
      ? []
      : [{ configured, id, version: String(version) }];
  });
}

/**
 * The version for the link of a ticket that the Task names. Undefined if there is no link to make: the
 * ticket is shown, or was removed on purpose, or was evicted for others of its source and would be
 * evicted again. A link that somebody removed from every list comes back with its known version.
 */
function linkVersion(managed: Managed, source: string, id: string): bigint | undefined {
  const known = managed.tickets.get(`${source}/${id}`);
  if (known === undefined) return managed.watermarks.has(source) ? undefined : oldestVersion;
  const isRemovedByOthers = known.urlHash !== undefined && known.link === undefined;
  return isRemovedByOthers ? known.version : undefined;
}
