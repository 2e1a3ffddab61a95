import { TicketChangeMessage } from '../messages/message.ts';
import { type Correlation, versionBefore } from '../messages/ticket-change.ts';
import type { LinkConfig } from './link-settings.ts';
import type { EventResult, IgnoredEvent, InvalidEvent, NormalisedChange } from './source.ts';
import { ticketLink } from './ticket-link.ts';

export interface TicketChangeOptions {
  /** Milliseconds since 1970. */
  now: () => number;
}

/** A message for the queue, or the reason why there is none. */
export type TicketChangeResult = TicketChangeMessage | IgnoredEvent | InvalidEvent;

/**
 * The message for a change, or the reason why there is none: without a conversation, a ticket's link has no Task. A
 * removal is always sent, because the ledgers of Tasks name the ticket by its key.
 * @throws HttpError if the URL that the CRM sent is not on the source's hosts.
 */
export function toTicketChange(
  event: EventResult,
  source: string,
  config: LinkConfig,
  options: TicketChangeOptions,
): TicketChangeResult {
  if (event.kind === 'ignored' || event.kind === 'invalid') return event;
  const correlation = correlationOf(event, source, config);
  const isCorrelated = Object.keys(correlation).length > 0;
  if (event.kind === 'present' && !isCorrelated && !event.exclusive) {
    return {
      kind: 'ignored',
      reason: 'no Twilio SID in the event, and the source has no taskAttribute',
    };
  }
  const change = event.kind === 'present' && !isCorrelated ? toExclusiveRemoval(event) : event;
  return TicketChangeMessage.parse({
    v: 1,
    kind: 'ticket-change',
    meta: { receivedAt: options.now() },
    change: {
      ticket: `${source}/${change.id}`,
      version: change.version,
      link: change.kind === 'present' ? ticketLink(change, config) : null,
      correlation,
      ...(change.exclusive && { exclusive: true }),
      occurredAt: change.occurredAt,
    },
  });
}

/**
 * The SIDs of the payload, the Task attribute that contains the ticket's id, and the ticket that this one replaces.
 * Tasks name the replaced ticket.
 */
function correlationOf(
  change: NormalisedChange,
  source: string,
  { kind, taskAttribute }: LinkConfig,
): Correlation {
  const { id, sids, replaces } = change;
  // A ticket that leaves a conversation stays there as long as the Task names it.
  const leaves = change.kind === 'removed' && !change.exclusive;
  const hasAttribute = taskAttribute !== undefined && !leaves;
  return {
    ...sids,
    ...(hasAttribute && { attribute: { name: taskAttribute, value: replaces ?? id, kind } }),
    ...(replaces !== undefined && { replaces: `${source}/${replaces}` }),
  };
}

/**
 * The change for an exclusive ticket without a conversation: it is removed from all. The version is one lower, as
 * for any conversation that a ticket has left.
 */
function toExclusiveRemoval(change: NormalisedChange): NormalisedChange {
  return {
    ...change,
    kind: 'removed',
    version: versionBefore(change.version),
  };
}
