import { crm as standardWebhooks } from '../../fixtures/standard-webhooks/crm.ts';
import { crm as zendesk } from '../../fixtures/zendesk/crm.ts';
import { sendSignedWebhook } from '../../local/demo/send-webhook.ts';
import { findWebhookSource, type LocalStackDescription } from '../../local/stack-description.ts';

type SourcesOfStack = Pick<LocalStackDescription, 'sources'>;

const json = (body: object): Buffer => Buffer.from(JSON.stringify(body));

/** Sends our trigger webhook as Zendesk would. */
export const sendZendeskWebhook = (stack: SourcesOfStack, ticketId: string, secret?: string) => {
  const source = findWebhookSource(stack, 'zendesk');
  const body = {
    schema: 'ticket-changed/1',
    ticket_id: ticketId,
    updated_at: new Date().toISOString(),
  };
  return sendSignedWebhook({ ...source, secret: secret ?? source.secret }, zendesk, json(body));
};

/** Sends a change as a sender of Standard Webhooks would. */
export const sendGenericWebhook = (stack: SourcesOfStack, ticketId: string) => {
  const body = {
    type: 'ticket.updated',
    timestamp: new Date().toISOString(),
    data: { id: ticketId },
  };
  return sendSignedWebhook(findWebhookSource(stack, 'generic'), standardWebhooks, json(body));
};
