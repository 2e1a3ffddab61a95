import { crm as zendesk } from '../../fixtures/zendesk/crm.ts';
import { sendSignedWebhook } from '../../local/demo/send-webhook.ts';
import { findWebhookSource, type LocalStackDescription } from '../../local/stack-description.ts';

type SourcesOfStack = Pick<LocalStackDescription, 'sources'>;

/** Sends our trigger webhook as Zendesk would. */
export const sendZendeskWebhook = (stack: SourcesOfStack, ticket_id: string, secret?: string) => {
  const source = findWebhookSource(stack, 'zendesk');
  const body = { schema: 'ticket-changed/1', ticket_id, updated_at: new Date().toISOString() };
  return sendSignedWebhook(
    { ...source, secret: secret ?? source.secret },
    zendesk,
    Buffer.from(JSON.stringify(body)),
  );
};
