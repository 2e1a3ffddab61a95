import type { JsonObject } from '../../shared/media/json.ts';
import type { Ours } from '../../shared/media/merge-change.ts';
import type { ConfiguredSource } from '../crm-change/open-source.ts';
import { ticketIdOnTask } from './id-on-task.ts';

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
 * The version for the link of a named ticket, or undefined where there is none to be made: it is
 * shown, or was taken away on purpose, or had to make room for others of its source, so that it would
 * only be turned away again. A link that somebody took out of every list comes back as it was known.
 */
const linkVersion = (managed: Ours, source: string, id: string): bigint | undefined => {
  const known = managed.tickets.get(`${source}/${id}`);
  if (known === undefined) return managed.floors.has(source) ? undefined : oldestVersion;
  const isRemovedByOthers = known.urlHash !== undefined && known.link === undefined;
  return isRemovedByOthers ? known.version : undefined;
};

/**
 * The tickets that a Task names and does not show.
 * @param managed what the Task knows of our tickets
 */
export const ticketsToLink = (
  attributes: JsonObject,
  managed: Ours,
  sources: Iterable<ConfiguredSource>,
): readonly TicketToLink[] =>
  [...sources].flatMap((configured): TicketToLink[] => {
    const { name, config, source } = configured;
    const id = ticketIdOnTask(attributes, config.taskAttribute, source);
    const version = id === undefined ? undefined : linkVersion(managed, name, id);
    return id === undefined || version === undefined
      ? []
      : [{ configured, id, version: String(version) }];
  });
