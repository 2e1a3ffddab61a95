import { type Correlation, TicketChange } from '../../shared/message/ticket-change.ts';
import type { SourceConfig } from './source-config.ts';
import type { Finding, IgnoredEvent, NormalisedChange, RefusedEvent } from './sources/source.ts';
import { type LinkOptions, ticketLink } from './ticket-link.ts';

export interface MessageOptions extends LinkOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A message for the queue, or why there is none. */
export type TicketFinding = TicketChange | IgnoredEvent | RefusedEvent;

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
export const toTicketChange = async (
  finding: Finding,
  source: string,
  config: SourceConfig,
  options: MessageOptions,
): Promise<TicketFinding> => {
  if (finding.kind === 'ignored' || finding.kind === 'refused') return finding;
  const correlation = correlationOf(finding, config);
  if (finding.kind === 'present' && Object.keys(correlation).length === 0) {
    return {
      kind: 'ignored',
      reason: 'no Twilio SID in the event, and the source has no taskAttribute',
    };
  }
  const receivedAt = options.now();
  return TicketChange.parse({
    v: 1,
    kind: 'ticket-change',
    ticket: `${source}/${finding.id}`,
    version: finding.version,
    link: finding.kind === 'present' ? await ticketLink(finding, config, options) : null,
    correlation,
    occurredAt: finding.occurredAt,
    receivedAt,
  });
};
