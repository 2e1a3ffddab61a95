import type { SourceConfig } from '../../shared/config/source.ts';
import { type Correlation, TicketChange } from '../../shared/message/ticket-change.ts';
import type { IgnoredEvent, NormalisedChange } from './sources/source.ts';
import { ticketLink } from './ticket-link.ts';

/** A SID that the payload gives decides; without one, the Task attribute that holds the ticket id. */
const correlationOf = (
  { id, sids }: NormalisedChange,
  { taskAttribute }: SourceConfig,
): Correlation => {
  if (Object.keys(sids).length > 0 || taskAttribute === undefined) return sids;
  return { attribute: { name: taskAttribute, value: id } };
};

/**
 * The message for a change, or why there is none: a ticket that nothing ties to a conversation has no
 * place to go to. A removal is sent all the same, for the ledgers on the Tasks know the ticket by its
 * key.
 * @throws Refusal when the URL that the CRM sent is not on the source's hosts.
 */
export const toTicketChange = (
  change: NormalisedChange,
  source: string,
  config: SourceConfig,
  receivedAt: number,
): TicketChange | IgnoredEvent => {
  const correlation = correlationOf(change, config);
  if (change.kind === 'present' && Object.keys(correlation).length === 0) {
    return {
      kind: 'ignored',
      reason: 'no Twilio SID in the event, and the source has no taskAttribute',
    };
  }
  return TicketChange.parse({
    v: 1,
    kind: 'ticket-change',
    ticket: `${source}/${change.id}`,
    version: change.version,
    link: change.kind === 'present' ? ticketLink(change, config) : null,
    correlation,
    occurredAt: change.occurredAt,
    receivedAt,
  });
};
