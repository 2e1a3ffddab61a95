import { HttpError, invalidBody } from '../http/errors.ts';
import { Link } from '../messages/link.ts';
import { TicketChangeMessage } from '../messages/message.ts';
import { type Correlation, versionBefore } from '../messages/ticket-change.ts';
import { hasSid } from '../taskrouter/criteria.ts';
import { allowedHosts, type SourceConfig } from './config.ts';
import { allowedUrl, cleanTitle } from './link-rules.ts';
import type { EventResult, IgnoredEvent, InvalidEvent, NormalisedChange } from './source.ts';

/**
 * The link for a ticket: the URL that the CRM sent, if any, else the source's own template; the title
 * by the source's template, or the CRM's where the source is told to trust it with that.
 * @throws Refusal when the URL that the CRM sent is not on the source's hosts.
 */
export function ticketLink({ id, url, title }: NormalisedChange, config: SourceConfig): Link {
  const pageUrl =
    url === undefined
      ? config.ticketUrl.replace('{id}', encodeURIComponent(id))
      : checkedUrl(url, config);
  const crmTitle = config.titleFromCrm ? cleanTitle(title ?? '') : '';
  return {
    type: config.linkType,
    url: pageUrl,
    title: crmTitle || cleanTitle(config.title.replaceAll('{id}', id)),
  };
}

export interface TicketChangeOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A message for the queue, or why there is none. */
export type TicketChangeResult = TicketChangeMessage | IgnoredEvent | InvalidEvent;

/**
 * The message for a change, or why there is none: a ticket that nothing ties to a conversation has no
 * place to go to. A removal is sent all the same, for the ledgers on the Tasks know the ticket by its
 * key.
 * @throws Refusal when the URL that the CRM sent is not on the source's hosts.
 */
export function toTicketChange(
  event: EventResult,
  source: string,
  config: SourceConfig,
  options: TicketChangeOptions,
): TicketChangeResult {
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

/** A URL that the CRM sent goes to an agent's browser unchecked: only the hosts listed are let in. */
function checkedUrl(text: string, config: SourceConfig): string {
  const hosts = allowedHosts(config);
  // The parsed form, so that what was checked is what a browser will read.
  const checked = Link.shape.url.safeParse(allowedUrl(text, hosts)?.href);
  if (checked.success) return checked.data;
  throw new HttpError('invalid', invalidBody, [
    {
      field: 'url',
      problem:
        `must be https on ${hosts.join(' or ')}, without user name, password or port, at most 1024 ` +
        "characters; add the host to the source's allowedHosts, or leave the field out",
    },
  ]);
}

/** Whether a ticket leaves the conversations of its SIDs even where a Task names it. */
function isUnlinked({ kind, sids, exclusive, moved }: NormalisedChange): boolean {
  return kind === 'removed' && hasSid(sids) && !exclusive && !moved;
}

/**
 * What the payload names, the Task attribute that holds the ticket's id, and the ticket in whose place
 * it is: the Tasks name that one.
 */
function correlationOf(
  change: NormalisedChange,
  source: string,
  { taskAttribute }: SourceConfig,
): Correlation {
  const { id, sids, replaces } = change;
  const hasAttribute = taskAttribute !== undefined && !isUnlinked(change);
  return {
    ...sids,
    ...(hasAttribute && { attribute: { name: taskAttribute, value: replaces ?? id } }),
    ...(replaces !== undefined && { replaces: `${source}/${replaces}` }),
  };
}

/**
 * A ticket that is on no conversation but its own, and has none: it is gone from everywhere. One
 * version before, as from any place that a ticket has left.
 */
function toExclusiveRemoval(change: NormalisedChange): NormalisedChange {
  return {
    ...change,
    kind: 'removed',
    version: versionBefore(change.version),
  };
}
