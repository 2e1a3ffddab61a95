import type { JsonObject } from '../../shared/media/json.ts';
import type { Ours } from '../../shared/media/merge-change.ts';
import type { OpenSource } from '../crm-change/open-source.ts';
import { idOnTask } from './id-on-task.ts';

/** A ticket that a Task names in the attribute of a source, and does not show. */
export interface NamedTicket {
  readonly opened: OpenSource;
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
const versionFor = (ours: Ours, source: string, id: string): bigint | undefined => {
  const known = ours.tickets.get(`${source}/${id}`);
  if (known === undefined) return ours.floors.has(source) ? undefined : oldestVersion;
  const isLost = known.urlHash !== undefined && known.link === undefined;
  return isLost ? known.version : undefined;
};

/**
 * The tickets that a Task names and does not show.
 * @param ours what the Task knows of our tickets
 */
export const namedTickets = (
  attributes: JsonObject,
  ours: Ours,
  sources: Iterable<OpenSource>,
): readonly NamedTicket[] =>
  [...sources].flatMap((opened): NamedTicket[] => {
    const { name, config, source } = opened;
    const id = idOnTask(attributes, config.taskAttribute, source);
    const version = id === undefined ? undefined : versionFor(ours, name, id);
    return id === undefined || version === undefined
      ? []
      : [{ opened, id, version: String(version) }];
  });
