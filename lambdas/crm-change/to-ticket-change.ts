import { type Correlation, TicketChange } from '../../shared/message/ticket-change.ts';
import { versionBefore } from '../../shared/message/version-before.ts';
import { hasSid } from '../../shared/taskrouter/correlation.ts';
import type { SourceConfig } from './source-config.ts';
import type {
  EventResult,
  IgnoredEvent,
  InvalidEvent,
  NormalisedChange,
} from './sources/source.ts';
import { ticketLink } from './ticket-link.ts';

export interface TicketChangeOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A message for the queue, or why there is none. */
export type TicketChangeResult = TicketChange | IgnoredEvent | InvalidEvent;

/** Whether a ticket leaves the conversations of its SIDs even where a Task names it. */
const isUnlinked = ({ kind, sids, exclusive, moved }: NormalisedChange): boolean =>
  kind === 'removed' && hasSid(sids) && !exclusive && !moved;

/**
 * What the payload names, the Task attribute that holds the ticket's id, and the ticket in whose place
 * it is: the Tasks name that one.
 */
const correlationOf = (
  change: NormalisedChange,
  source: string,
  { taskAttribute }: SourceConfig,
): Correlation => {
  const { id, sids, replaces } = change;
  const hasAttribute = taskAttribute !== undefined && !isUnlinked(change);
  return {
    ...sids,
    ...(hasAttribute && { attribute: { name: taskAttribute, value: replaces ?? id } }),
    ...(replaces !== undefined && { replaces: `${source}/${replaces}` }),
  };
};

/**
 * A ticket that is on no conversation but its own, and has none: it is gone from everywhere. One
 * version before, as from any place that a ticket has left.
 */
const toExclusiveRemoval = (change: NormalisedChange): NormalisedChange => ({
  ...change,
  kind: 'removed',
  version: versionBefore(change.version),
});

/**
 * The message for a change, or why there is none: a ticket that nothing ties to a conversation has no
 * place to go to. A removal is sent all the same, for the ledgers on the Tasks know the ticket by its
 * key.
 * @throws Refusal when the URL that the CRM sent is not on the source's hosts.
 */
export const toTicketChange = (
  event: EventResult,
  source: string,
  config: SourceConfig,
  options: TicketChangeOptions,
): TicketChangeResult => {
  if (event.kind === 'ignored' || event.kind === 'refused') return event;
  const correlation = correlationOf(event, source, config);
  const isCorrelated = Object.keys(correlation).length > 0;
  if (event.kind === 'present' && !isCorrelated && !event.exclusive) {
    return {
      kind: 'ignored',
      reason: 'no Twilio SID in the event, and the source has no taskAttribute',
    };
  }
  const change = event.kind === 'present' && !isCorrelated ? toExclusiveRemoval(event) : event;
  const receivedAt = options.now();
  return TicketChange.parse({
    v: 1,
    kind: 'ticket-change',
    ticket: `${source}/${change.id}`,
    version: change.version,
    link: change.kind === 'present' ? ticketLink(change, config) : null,
    correlation,
    ...(change.exclusive && { exclusive: true }),
    occurredAt: change.occurredAt,
    receivedAt,
  });
};
