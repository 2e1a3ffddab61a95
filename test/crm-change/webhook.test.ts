import { describe, expect, it } from 'vitest';
import { crm as hubspot } from '../../fixtures/hubspot/crm.ts';
import { maxEventBodyBytes } from '../../shared/http/request.ts';
import { apiGatewayEvent } from '../http/webhook.ts';
import {
  deskTicket,
  fixture,
  fromDesk,
  fromZendesk,
  json,
  now,
  setUpWebhook,
  standardHeaders,
  zendeskHeaders,
  zendeskSecret,
  zendeskStatus,
} from './webhook.ts';

describe('the webhook of the CRMs', () => {
  it('puts the change on the queue and says so', async () => {
    const { crmChange, messages, sent, reports } = setUpWebhook();
    const answer = await crmChange(fromZendesk(zendeskStatus));
    expect(messages()).toEqual([
      {
        v: 1,
        kind: 'ticket-change',
        meta: { receivedAt: now },
        change: {
          ticket: 'zendesk/5158',
          version: '1736354720987654321',
          link: {
            type: 'Referenced',
            url: 'https://acme.zendesk.com/agent/tickets/5158',
            title: 'Ticket 5158',
          },
          correlation: { attribute: { name: 'zd_ticket_id', value: '5158', kind: 'zendesk' } },
          occurredAt: 1736354720987,
        },
      },
    ]);
    expect(sent[0]?.MessageGroupId).toBe('zendesk');
    expect(answer).toEqual({
      statusCode: 202,
      headers: {
        'content-type': 'application/json',
        'x-request-id': 'request-1',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=63072000',
        'x-content-type-options': 'nosniff',
      },
      body: '{"requestId":"request-1","status":"accepted","accepted":1,"ignored":0}',
    });
    expect(reports).toEqual([
      {
        requestId: 'request-1',
        source: 'zendesk',
        outcome: 'accepted',
        status: 202,
        accepted: 1,
        ignored: 0,
        tickets: ['zendesk/5158'],
      },
    ]);
  });

  it('takes header names in any case, and a secret with space around it', async () => {
    const { crmChange } = setUpWebhook({ secrets: { 'zendesk-secret': ` ${zendeskSecret}\n` } });
    const headers = Object.entries(zendeskHeaders(zendeskStatus));
    const upperCase = headers.map(([name, value]) => [name.toUpperCase(), value]);
    const answer = await crmChange(
      apiGatewayEvent(zendeskStatus, {
        headers: { ...Object.fromEntries(upperCase), 'Content-Type': 'Application/JSON' },
      }),
    );
    expect(answer.statusCode).toBe(202);
  });

  it.each([
    [fromZendesk(fixture('zendesk/messaging_ticket.message_added.json')), 'not a ticket event'],
    [
      fromDesk(deskTicket({ taskSid: null })),
      'no Twilio SID in the event, and the source has no taskAttribute',
    ],
  ])(
    'responds 200 to a genuine event that changes no link, and counts it (%#)',
    async (event, reason) => {
      const { crmChange, sent, reports } = setUpWebhook();
      const answer = await crmChange(event);
      const counts = { accepted: 0, ignored: 1, reasons: [reason] };
      expect(answer.statusCode).toBe(200);
      expect(json(answer.body ?? '')).toEqual({
        requestId: 'request-1',
        status: 'ignored',
        ...counts,
      });
      expect(sent).toEqual([]);
      expect(reports).toMatchObject([{ outcome: 'ignored', ...counts }]);
    },
  );
});

describe("the sender's name for a delivery", () => {
  const reported = async (changes: Record<string, string> = {}) => {
    const { crmChange, reports } = setUpWebhook();
    const body = deskTicket();
    const headers = { ...standardHeaders(body), ...changes };
    await crmChange(apiGatewayEvent(body, { path: '/webhooks/desk', headers }));
    return reports[0];
  };

  it('is in the report, so that both logs can be laid side by side', async () => {
    expect(await reported()).toMatchObject({ outcome: 'accepted', deliveryId: 'msg_1' });
  });

  it('is there for what is refused too, if it is a plain id', async () => {
    expect(await reported({ 'webhook-id': 'msg_2' })).toMatchObject({
      outcome: 'unauthenticated',
      deliveryId: 'msg_2',
    });
    for (const odd of ['Jane Doe', 'a\nb', 'é', 'x'.repeat(129), '{}', 'a,b']) {
      expect(await reported({ 'webhook-id': odd })).not.toHaveProperty('deliveryId');
    }
  });
});

describe('a request that is rejected', () => {
  const signed = zendeskHeaders(zendeskStatus);
  const tooMany = `[${'1,'.repeat(250_000)}1]`;
  const deeper = '['.repeat(1001) + ']'.repeat(1001);
  /** The same genuine request, changed in one thing. */
  const changed = (options: Parameters<typeof apiGatewayEvent>[1], body = zendeskStatus) =>
    apiGatewayEvent(body, { headers: signed, ...options });

  // What the contract suite proves of every source is left out.
  it.each([
    ['another path', 404, changed({ path: '/' })],
    ['an unknown source', 404, changed({ path: '/webhooks/other' })],
    ['a source of the language', 404, changed({ path: '/webhooks/constructor' })],
    ['an unknown source, by GET', 404, changed({ path: '/webhooks/other', method: 'GET' })],
    ['a body over 6,080 KiB', 413, fromZendesk(' '.repeat(maxEventBodyBytes + 1))],
    [
      'one over, base64',
      413,
      changed({ isBase64Encoded: true }, 'A'.repeat(maxEventBodyBytes + 4)),
    ],
    ['a body of very many values', 413, fromZendesk(tooMany)],
    ['a body of 1,001 levels', 400, fromZendesk(deeper)],
    [
      'another charset',
      415,
      changed({ headers: { ...signed, 'content-type': 'application/json; charset=utf-16' } }),
    ],
    ['base64 that is none', 400, changed({ isBase64Encoded: true }, '%%%')],
    ['a body that is not JSON', 400, fromZendesk('not json')],
    ['a body that is empty', 400, fromZendesk('')],
    ['a wrong signature', 401, changed({}, `${zendeskStatus} `)],
    ['JSON of another shape', 422, fromZendesk('{"schema":1}')],
    ['JSON that is no object', 422, fromZendesk('null')],
    ['a URL elsewhere', 422, fromDesk(deskTicket({ url: 'https://evil.example/' }))],
  ])('%s is answered with %i', async (_what, expected, event) => {
    const { crmChange, sent, reports } = setUpWebhook();
    const answer = await crmChange(event);
    expect(answer.statusCode).toBe(expected);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(json(answer.body ?? '')).toMatchObject({ requestId: 'request-1', status: 'error' });
    expect(sent).toEqual([]);
    expect(reports).toMatchObject([{ status: expected, accepted: 0 }]);
  });

  it.each([false, true])('a body of the largest size is accepted (base64: %s)', async (base64) => {
    const { crmChange } = setUpWebhook();
    const bytes = (base64 ? 3 / 4 : 1) * maxEventBodyBytes;
    const body = zendeskStatus + ' '.repeat(bytes - Buffer.byteLength(zendeskStatus));
    const event = fromZendesk(body);
    const sent = base64
      ? { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }
      : {};
    expect(JSON.stringify({ ...event, ...sent }).length).toBeLessThan(6 * 1024 * 1024);
    expect((await crmChange({ ...event, ...sent })).statusCode).toBe(202);
  });

  it('logs why a signature is rejected, and keeps the reason from the sender', async () => {
    const longAgo = '2020-01-01T00:00:00Z';
    const broken = { ...signed, 'x-zendesk-webhook-signature': 'x' };
    for (const [reason, headers] of [
      ['stale', zendeskHeaders(zendeskStatus, { at: longAgo })],
      ['future', zendeskHeaders(zendeskStatus, { at: '2030-01-01T00:00:00Z' })],
      ['signature', zendeskHeaders(zendeskStatus, { secret: 'another' })],
      ['signature', zendeskHeaders(zendeskStatus, { secret: 'another', at: longAgo })],
      ['malformed', broken],
    ] as const) {
      const { crmChange, reports } = setUpWebhook();
      const { body } = await crmChange(changed({ headers }));
      expect(body).toBe('{"requestId":"request-1","status":"error","error":"Not authenticated"}');
      expect(reports).toMatchObject([{ reasons: [reason] }]);
    }
  });

  const hubUrl = 'https://api.example.com/webhooks/hub';
  const hubSecret = 'a client secret of an app';
  const hubSource = {
    ...{ kind: 'hubspot', portalId: '1', secret: 'hub-secret' },
    ...{ ticketUrl: 'https://app.hubspot.com/{id}', taskAttribute: 'hs_ticket_id' },
  };
  const hubEvent = (objectId: number) => ({
    ...{ portalId: 1, subscriptionType: 'ticket.creation', objectId, occurredAt: now },
  });
  /** Sends a batch of HubSpot's. */
  const sendBatch = async (events: readonly unknown[]) => {
    const secrets = { 'hub-secret': hubSecret };
    const webhook = setUpWebhook({ sources: { hub: hubSource }, secrets });
    const body = JSON.stringify(events);
    const signing = { body: Buffer.from(body), secret: hubSecret, url: hubUrl, now };
    const { headers } = hubspot.sign(signing);
    const answer = await webhook.crmChange(
      apiGatewayEvent(body, { path: '/webhooks/hub', headers }),
    );
    return { ...webhook, answer };
  };

  it('names twenty problems of a batch, and takes in what is right in it', async () => {
    const { answer, messages, reports } = await sendBatch([...Array(500).fill({}), hubEvent(7)]);
    expect(answer.statusCode).toBe(422);
    expect(json(answer.body ?? '')['problems']).toHaveLength(20);
    expect(messages()).toMatchObject([{ change: { ticket: 'hub/7' } }]);
    expect(reports).toMatchObject([{ outcome: 'invalid', accepted: 1, tickets: ['hub/7'] }]);
  });

  it('is accepted with 5,000 changes, and with one more nothing of it is sent', async () => {
    const events = Array.from({ length: 5001 }, (_, index) => hubEvent(index + 1));
    const most = await sendBatch(events.slice(1));
    expect([most.answer.statusCode, most.sent.length]).toEqual([202, 5000]);
    const { answer, sent } = await sendBatch(events);
    expect([answer.statusCode, sent.length]).toEqual([413, 0]);
    const merge = { ...hubEvent(1), subscriptionType: 'ticket.merge', primaryObjectId: 1 };
    const merges = Array(30).fill({
      ...merge,
      mergedObjectIds: Array.from({ length: 1000 }, (_, id) => id + 2),
    });
    expect((await sendBatch(merges)).answer.statusCode).toBe(413);
  });

  it('names a field that is too many if it looks like one, and no other key', async () => {
    const trigger = { schema: 'ticket-changed/1', ticket_id: '1', updated_at: '2025-01-08T16:45Z' };
    const problem = async (field: string) => {
      const body = JSON.stringify({ ...trigger, [field]: 1 });
      return JSON.stringify(json((await setUpWebhook().crmChange(fromZendesk(body))).body ?? ''));
    };
    expect(await problem('ticketId')).toContain('has unknown fields (ticketId): remove them');
    expect(await problem('Jane Doe, born 1970')).toContain('has unknown fields: remove them');
    expect(await problem('Jane Doe, born 1970')).not.toContain('Jane');
  });

  it('does not read a request as JSON before it is known to be genuine', async () => {
    const headers = zendeskHeaders('another body');
    for (const body of ['not json', '{"schema":1}', zendeskStatus]) {
      const { statusCode } = await setUpWebhook().crmChange(changed({ headers }, body));
      expect([body, statusCode]).toEqual([body, 401]);
    }
  });
});
