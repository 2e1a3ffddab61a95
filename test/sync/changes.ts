import type { Reconcile } from '../../shared/message/settle.ts';
import type { TicketChange } from '../../shared/message/ticket-change.ts';

/** A change of ticket `zendesk/<id>`, a link at version 1 unless told otherwise. */
export const changeOf = (
  id: number | string,
  correlation: TicketChange['correlation'],
  change: Partial<TicketChange> = {},
): TicketChange => ({
  v: 1,
  kind: 'ticket-change',
  ticket: `zendesk/${id}`,
  version: '1',
  link: {
    type: 'Referenced',
    url: `https://acme.zendesk.com/agent/tickets/${id}`,
    title: `Ticket ${id}`,
  },
  correlation,
  occurredAt: Date.now() - 100,
  receivedAt: Date.now(),
  ...change,
});

/** A settle as an event of TaskRouter brings about, unless told otherwise. */
export const settleOf = (taskSid: string, settle: Partial<Reconcile> = {}): Reconcile => ({
  v: 1,
  kind: 'settle',
  taskSid,
  occurredAt: Date.now() - 100,
  receivedAt: Date.now(),
  ...settle,
});

export const linkVersion = (id: number | string, version: number): TicketChange['link'] => ({
  type: 'Referenced',
  url: `https://acme.zendesk.com/agent/tickets/${id}?v=${version}`,
});
