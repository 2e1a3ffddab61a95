import { createHmac, randomUUID } from 'node:crypto';
import { type WorldDescription, webhookOf } from '../../local/world-description.ts';

type Described = Pick<WorldDescription, 'door' | 'sources'>;

const post = (url: string, headers: Record<string, string>, body: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

/** Sends our trigger webhook as Zendesk would. */
export const sendZendesk = (world: Described, ticketId: string, secret?: string) => {
  const timestamp = new Date().toISOString();
  const body = JSON.stringify({
    schema: 'ticket-changed/1',
    ticket_id: ticketId,
    updated_at: timestamp,
  });
  const signature = createHmac('sha256', secret ?? webhookOf(world, 'zendesk').secret)
    .update(timestamp + body)
    .digest('base64');
  return post(
    `${world.door}/webhooks/zendesk`,
    {
      'x-zendesk-webhook-signature': signature,
      'x-zendesk-webhook-signature-timestamp': timestamp,
    },
    body,
  );
};

/** Sends a change as any sender by Standard Webhooks would. */
export const sendGeneric = (world: Described, ticketId: string) => {
  const id = `msg_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({
    type: 'ticket.updated',
    timestamp: new Date().toISOString(),
    data: { id: ticketId },
  });
  const key = Buffer.from(webhookOf(world, 'generic').secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return post(
    `${world.door}/webhooks/generic`,
    {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  );
};
