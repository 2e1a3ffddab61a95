import { crm as standardWebhooks } from '../../fixtures/standard-webhooks/crm.ts';
import { crm as zendesk } from '../../fixtures/zendesk/crm.ts';
import { sendSigned } from '../../local/demo/send-payload.ts';
import { type WorldDescription, webhookOf } from '../../local/world-description.ts';

type Described = Pick<WorldDescription, 'sources'>;

const json = (body: object): Buffer => Buffer.from(JSON.stringify(body));

/** Sends our trigger webhook as Zendesk would. */
export const sendZendesk = (world: Described, ticketId: string, secret?: string) => {
  const source = webhookOf(world, 'zendesk');
  const body = {
    schema: 'ticket-changed/1',
    ticket_id: ticketId,
    updated_at: new Date().toISOString(),
  };
  return sendSigned({ ...source, secret: secret ?? source.secret }, zendesk, json(body));
};

/** Sends a change as a sender of Standard Webhooks would. */
export const sendGeneric = (world: Described, ticketId: string) => {
  const body = {
    type: 'ticket.updated',
    timestamp: new Date().toISOString(),
    data: { id: ticketId },
  };
  return sendSigned(webhookOf(world, 'generic'), standardWebhooks, json(body));
};
