import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { CrmRequestLog } from '../../lambdas/crm-change/log-request.ts';
import { type CrmWebhookOptions, createCrmWebhook } from '../../lambdas/crm-change/webhook.ts';
import { readableSources } from '../../shared/aws/function-input.ts';
import { configureSources, SourceConfig } from '../../shared/crm/config.ts';
import type { SqsBatchSender } from '../../shared/http/enqueue.ts';
import { TicketChangeMessage } from '../../shared/messages/message.ts';
import { apiGatewayEvent, webhookSurroundings } from '../http/webhook.ts';

export const now = Date.parse('2025-01-08T16:46:00Z');
export const taskSid = `WT${'a'.repeat(32)}`;
export const callSid = `CA${'b'.repeat(32)}`;
export const conversationSid = `CH${'c'.repeat(32)}`;

export const zendeskSecret = 'a signing secret of a webhook';
export const standardSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export const zendesk = {
  kind: 'zendesk',
  ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
  taskAttribute: 'zd_ticket_id',
  sidField: '360001234567',
  secret: 'zendesk-secret',
};
export const desk = {
  kind: 'standard-webhooks',
  ticketUrl: 'https://desk.example.com/tickets/{id}',
  secret: 'desk-secret',
};

/** Within `toMatchObject`, where `{}` would match any SIDs: none at all. */
export const noSids: unknown = { asymmetricMatch: (sids: unknown) => isDeepStrictEqual(sids, {}) };

/** A payload, as `<kind>/<file>`. */
export const fixture = (path: string): string =>
  readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8');

/** A change of status, as Zendesk sends it. */
export const zendeskStatus = fixture('zendesk/status_changed.json');

/** An event of the desk, about a ticket that names its Task by default. */
export const deskTicket = (
  data: Record<string, unknown> = {},
  rest: Record<string, unknown> = {},
): string =>
  JSON.stringify({
    type: 'ticket.created',
    timestamp: '2025-01-08T16:45:20Z',
    ...rest,
    data: { id: '4711', taskSid, ...data },
  });

export const json = (text: string): Record<string, unknown> => JSON.parse(text);

interface WebhookSetup {
  readonly sources?: Record<string, unknown>;
  readonly secrets?: Record<string, string>;
  readonly send?: SqsBatchSender['send'];
  readonly now?: number;
  readonly readSecret?: CrmWebhookOptions['readSecret'];
  readonly answerMs?: number;
}

/** The webhook of the CRMs over a queue that takes everything, unless `send` is given. */
export const setUpWebhook = (options: WebhookSetup = {}) => {
  const secrets: Record<string, string> = {
    'zendesk-secret': zendeskSecret,
    'desk-secret': standardSecret,
    ...options.secrets,
  };
  const { send } = options;
  const around = webhookSurroundings<CrmRequestLog>(options.now ?? now, { send });
  const read = readableSources(SourceConfig).parse(options.sources ?? { zendesk, desk });
  const crmChange = createCrmWebhook({
    ...around.options,
    sources: configureSources(read.sources),
    unreadable: read.unreadable,
    readSecret:
      options.readSecret ??
      (async (name) => {
        const secret = secrets[name];
        if (secret === undefined) throw new Error('ResourceNotFoundException');
        return secret;
      }),
    responseMs: options.answerMs,
  });
  const messages = () =>
    around.sent.map(({ MessageBody = '' }) => TicketChangeMessage.parse(json(MessageBody)));
  const changes = () => messages().map(({ change }) => change);
  return { crmChange, messages, changes, ...around };
};

/** Zendesk's headers, by the vendor's description: base64(HMAC-SHA256(secret, timestamp + body)). */
export const zendeskHeaders = (
  body: string | Buffer,
  { secret = zendeskSecret, at = new Date(now).toISOString() } = {},
) => ({
  'x-zendesk-webhook-id': '01HQ',
  'x-zendesk-webhook-signature-timestamp': at,
  'x-zendesk-webhook-signature': createHmac('sha256', secret)
    .update(Buffer.concat([Buffer.from(at), Buffer.from(body)]))
    .digest('base64'),
});

/** Headers by the specification: `v1` over `<id>.<timestamp>.<body>`. */
export const standardHeaders = (
  body: string | Buffer,
  {
    secret = standardSecret,
    at = Math.floor(now / 1000),
    id = 'msg_1',
  }: { secret?: string; at?: number | string; id?: string } = {},
) => ({
  'webhook-id': id,
  'webhook-timestamp': String(at),
  'webhook-signature': `v1,${createHmac(
    'sha256',
    Buffer.from(secret.replace('whsec_', ''), 'base64'),
  )
    .update(Buffer.concat([Buffer.from(`${id}.${at}.`), Buffer.from(body)]))
    .digest('base64')}`,
});

/** A genuine request of Zendesk's. */
export const fromZendesk = (body: string): APIGatewayProxyEventV2 =>
  apiGatewayEvent(body, { headers: zendeskHeaders(body) });

/** A genuine request of the sender `desk`. */
export const fromDesk = (body: string): APIGatewayProxyEventV2 =>
  apiGatewayEvent(body, { path: '/webhooks/desk', headers: standardHeaders(body) });
