import { type JsonObject, textAt } from '../json.ts';
import type { Managed } from '../media/tickets.ts';
import { TicketId } from '../messages/ticket-change.ts';
import type { ConfiguredSource } from './config.ts';
import type { Source } from './source.ts';

/**
 * The id of the ticket that a Task names in the attribute of a source; undefined where it names none,
 * or what stands there cannot be an id.
 * @param taskAttribute the name of the attribute; undefined where the source has none
 */
export function ticketIdOnTask(
  attributes: JsonObject,
  taskAttribute: string | undefined,
  source: Pick<Source, 'ticketIdFromAttribute'> | undefined,
): string | undefined {
  const text = taskAttribute === undefined ? undefined : textAt(attributes, taskAttribute);
  if (text === undefined) return undefined;
  return TicketId.safeParse(
    source?.ticketIdFromAttribute ? source.ticketIdFromAttribute(text) : text,
  ).data;
}

/** A ticket that a Task names in the attribute of a source, and does not show. */
export interface TicketToLink {
  readonly configured: ConfiguredSource;
  readonly id: string;
  /** The version that its link is to have. */
  readonly version: string;
}

/** What a Task says of a ticket is older than whatever the CRM says. */
const oldestVersion = 0n;

/**
 * The tickets that a Task names and does not show.
 * @param managed what the Task knows of our tickets
 */
export function ticketsToLink(
  attributes: JsonObject,
  managed: Managed,
  sources: Iterable<ConfiguredSource>,
): readonly TicketToLink[] {
  return [...sources].flatMap((configured): TicketToLink[] => {
    const { name, config, source } = configured;
    const id = ticketIdOnTask(attributes, config.taskAttribute, source);
    const version = id === undefined ? undefined : linkVersion(managed, name, id);
    return id === undefined || version === undefined
      ? []
      : [{ configured, id, version: String(version) }];
  });
}

/**
 * The version for the link of a named ticket, or undefined where there is none to be made: it is
 * shown, or was taken away on purpose, or had to make room for others of its source, so that it would
 * only be turned away again. A link that somebody took out of every list comes back as it was known.
 */
function linkVersion(managed: Managed, source: string, id: string): bigint | undefined {
  const known = managed.tickets.get(`${source}/${id}`);
  if (known === undefined) return managed.watermarks.has(source) ? undefined : oldestVersion;
  const isRemovedByOthers = known.urlHash !== undefined && known.link === undefined;
  return isRemovedByOthers ? known.version : undefined;
}
