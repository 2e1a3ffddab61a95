import { readFileSync } from 'node:fs';
import { type AppOptions, freshworksApp } from '../../../fixtures/freshdesk/app.ts';
import { json, standardSecret } from '../../crm-change/webhook.ts';
import { webhookOf } from './published-sender.ts';

const startsAt = Date.parse('2025-01-08T16:46:00Z');

/** The app as an administrator sets it up. */
export const freshdeskApp = ({
  secret = standardSecret,
  settings = { sid_field: 'cf_twilio_sid' },
  ...options
}: Partial<AppOptions> & { readonly secret?: string } = {}) =>
  freshworksApp({
    settings: { host: 'api.example.com', source: 'freshdesk', secret, ...settings },
    answer: () => ({ status: 202 }),
    startsAt,
    ...options,
  });

/** What the platform sends about a ticket, from a file, with other fields of the ticket. */
export const freshdeskEvent = (file: string, fields: object = {}) => {
  const url = new URL(`fixtures/freshworks/${file}.json`, import.meta.url);
  const event = json(readFileSync(url, 'utf8'));
  const data = Object(event['data']);
  if (Object.keys(fields).length > 0) Object.assign(data.ticket, fields);
  return event;
};

/** Our response to a request of the app, and the changes on the queue. */
export const receiveFromFreshdesk = webhookOf(
  'freshdesk',
  {
    kind: 'standard-webhooks',
    ticketUrl: 'https://acme.freshdesk.com/a/tickets/{id}',
    taskAttribute: 'freshdesk_ticket',
  },
  startsAt,
);
