import type { Message } from '../../shared/message/message.ts';
import { TicketChange } from '../../shared/message/ticket-change.ts';
import { isFinishing } from '../../shared/taskrouter/is-finishing.ts';
import { ticketLink } from '../crm-change/ticket-link.ts';
import type { TicketToLink } from './named-tickets.ts';
import type { Decision } from './needs.ts';
import type { TaskRouterEvent } from './task-router-event.ts';

export interface EventMessageOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The messages for an event: a change for each ticket that the Task names, or a settle.
 * @throws Refusal never: a link is made of the source's own template.
 */
export const toMessages = (
  event: TaskRouterEvent,
  decision: Decision,
  options: EventMessageOptions,
): readonly Message[] => {
  const receivedAt = options.now();
  const { taskSid, occurredAt = receivedAt, status } = event;
  const finishing = isFinishing(status) && { finishing: true as const };

  const toChange = ({ configured: { name, config }, id, version }: TicketToLink): Message => {
    const sids = { taskSid };
    const ticket = { kind: 'present', id, version, occurredAt, sids } as const;
    return TicketChange.parse({
      v: 1,
      kind: 'ticket-change',
      ticket: `${name}/${id}`,
      version,
      link: ticketLink(ticket, config),
      correlation: sids,
      fromTaskAttribute: true,
      ...finishing,
      occurredAt,
      receivedAt,
    });
  };

  if (decision.action === 'link') return decision.tickets.map(toChange);
  if (decision.action === 'nothing') return [];
  return [
    {
      v: 1,
      kind: 'settle',
      taskSid,
      occurredAt,
      receivedAt,
      ...finishing,
    },
  ];
};
