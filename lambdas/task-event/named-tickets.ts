import { type JsonObject, textAt } from '../../shared/media/json.ts';
import type { Ledger } from '../../shared/media/ledger.ts';
import { TicketId } from '../../shared/message/ticket-change.ts';
import type { OpenSource } from '../crm-change/open-source.ts';

/** A ticket that a Task names in the attribute of a source. */
export interface NamedTicket {
  readonly opened: OpenSource;
  readonly id: string;
}

/**
 * The tickets that a Task names and that its ledger does not know. What had to make room for others
 * of its source counts as known: it would only be turned away again.
 */
export const namedTickets = (
  attributes: JsonObject,
  ledger: Ledger,
  sources: Iterable<OpenSource>,
): readonly NamedTicket[] =>
  [...sources].flatMap((opened): NamedTicket[] => {
    const { name, config, source } = opened;
    const text =
      config.taskAttribute === undefined ? undefined : textAt(attributes, config.taskAttribute);
    if (text === undefined) return [];
    const id = TicketId.safeParse(source.idOnTask ? source.idOnTask(text) : text.trim()).data;
    const isKnown = ledger.floors.has(name) || ledger.tickets.has(`${name}/${id}`);
    return id === undefined || isKnown ? [] : [{ opened, id }];
  });
