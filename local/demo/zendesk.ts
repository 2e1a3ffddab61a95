import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { crm } from '../../fixtures/zendesk/crm.ts';
import { type WorldDescription, webhookOf } from '../world-description.ts';
import { sendSigned } from './send-payload.ts';

const Accepted = z.looseObject({ accepted: z.number() });

/** An event of a ticket as Zendesk sends it, with all that it tells about the customer. */
const eventOf = (ticket: string, event: string, time: string, fields: object) => ({
  account_id: 22129848,
  detail: {
    actor_id: '8447388090494',
    assignee_id: '8447388090494',
    brand_id: '8447346621310',
    created_at: '2026-11-23T10:12:07Z',
    custom_status: '8447320465790',
    description: 'My card was charged twice, please call me back.',
    external_id: null,
    form_id: '8646151517822',
    group_id: '8447320466430',
    id: ticket,
    is_public: true,
    organization_id: null,
    priority: 'HIGH',
    requester_id: '8447388090494',
    status: 'OPEN',
    subject: 'Charged twice',
    submitter_id: '8447388090494',
    tags: ['billing'],
    type: 'PROBLEM',
    updated_at: `${time.slice(0, 19)}Z`,
    via: { channel: 'web_service' },
    ...fields,
  },
  event: {},
  id: randomUUID(),
  subject: `zen:ticket:${ticket}`,
  time,
  type: `zen:event-type:ticket.${event}`,
  zendesk_event_version: '2022-11-06',
});

export interface ZendeskEvent {
  readonly ticket: string;
  /** Such as `status_changed`. */
  readonly event: string;
  /** When it happened, milliseconds since 1970. */
  readonly at: number;
  /** Fields of the ticket that differ from the usual. */
  readonly fields?: object;
}

/** A webhook as Zendesk delivers it. */
export const zendesk = (world: WorldDescription) => ({
  /**
   * Sends a webhook.
   * @returns how many changes were taken in
   * @throws Error when the door does not take it
   */
  send: async ({ ticket, event, at, fields = {} }: ZendeskEvent): Promise<number> => {
    const time = new Date(at).toISOString().replace('Z', '654321Z');
    const body = JSON.stringify(eventOf(ticket, event, time, fields));
    const response = await sendSigned(webhookOf(world, 'zendesk'), crm, Buffer.from(body));
    if (!response.ok) throw new Error(`The door answered ${response.status} to ticket ${ticket}`);
    return Accepted.parse(await response.json()).accepted;
  },
});
export type Zendesk = ReturnType<typeof zendesk>;
