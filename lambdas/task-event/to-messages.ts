import type { Message } from '../../shared/message/message.ts';
import { TicketChange } from '../../shared/message/ticket-change.ts';
import { isFinishing } from '../../shared/taskrouter/is-finishing.ts';
import { ticketLink } from '../crm-change/ticket-link.ts';
import type { NamedTicket } from './named-tickets.ts';
import type { Need } from './needs.ts';
import type { TaskRouterEvent } from './task-router-event.ts';

export interface MessageOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The messages for an event: a change for each ticket that the Task names, or a settle.
 * @throws Refusal never: a link is made of the source's own template.
 */
export const toMessages = (
  event: TaskRouterEvent,
  need: Need,
  options: MessageOptions,
): readonly Message[] => {
  const receivedAt = options.now();
  const { taskSid, occurredAt = receivedAt, status } = event;
  const finishing = isFinishing(status) && { finishing: true as const };

  const changeOf = ({ opened: { name, config }, id, version }: NamedTicket): Message => {
    const sids = { taskSid };
    const named = { kind: 'present', id, version, occurredAt, sids } as const;
    return TicketChange.parse({
      v: 1,
      kind: 'ticket-change',
      ticket: `${name}/${id}`,
      version,
      link: ticketLink(named, config),
      correlation: sids,
      namedByTask: true,
      ...finishing,
      occurredAt,
      receivedAt,
    });
  };

  if (need.need === 'link') return need.tickets.map(changeOf);
  if (need.need === 'nothing') return [];
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
