import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  callSid,
  conversationSid,
  json,
  standardSecret as secret,
  setUpWebhook,
  taskSid,
} from '../../crm-change/webhook.ts';
import { apiGatewayEvent } from '../../http/webhook.ts';
import {
  type AppOptions,
  freshworksApp,
  manifest,
  type Sent,
  settingsPage,
} from './freshworks-app.ts';

const startsAt = Date.parse('2025-01-08T16:46:00Z');

const open = (options: Partial<AppOptions> = {}) =>
  freshworksApp({
    settings: {
      host: 'api.example.com',
      source: 'freshdesk',
      secret,
      sid_field: 'cf_twilio_sid',
    },
    answer: () => ({ status: 202 }),
    startsAt,
    ...options,
  });

type App = ReturnType<typeof open>;

/** Our response to a request, and the messages on the queue. */
const receive = async (
  { headers, body, url }: Sent,
  now = startsAt,
  webhookSecret: string = secret,
) => {
  const { crmChange, changes } = setUpWebhook({
    sources: {
      freshdesk: {
        kind: 'standard-webhooks',
        ticketUrl: 'https://acme.freshdesk.com/a/tickets/{id}',
        taskAttribute: 'freshdesk_ticket',
        secret: 'freshdesk-secret',
      },
    },
    secrets: { 'freshdesk-secret': webhookSecret },
    now,
  });
  const { pathname: path } = new URL(url);
  const request = { path, headers: Object.fromEntries(headers), isBase64Encoded: true };
  const { statusCode, body: response } = await crmChange(
    apiGatewayEvent(body.toString('base64'), request),
  );
  return { statusCode, response, messages: changes() };
};

/** The last request that left an app. */
const lastOf = ({ sent }: App): Sent => {
  const last = sent.at(-1);
  if (last === undefined) throw new Error('nothing was sent');
  return last;
};

const bodyOf = (app: App) => json(lastOf(app).body.toString());

const eventOf = (file: string) =>
  json(readFileSync(new URL(`fixtures/freshworks/${file}.json`, import.meta.url), 'utf8'));

/** A ticket's event with other fields in it. */
const updateWith = (fields: object) => {
  const event = structuredClone(eventOf('on_ticket_update'));
  Object.assign(Object(event['data']).ticket, fields);
  return event;
};

const updatedAt = '2025-01-08T16:45:40Z';

describe('the app that we publish', () => {
  it.each([
    ['onTicketCreate', 'on_ticket_create', 'ticket.created', '2025-01-08T16:45:20Z'],
    ['onTicketUpdate', 'on_ticket_update', 'ticket.updated', updatedAt],
    ['onTicketUpdate', 'on_ticket_update_spam', 'ticket.deleted', '2025-01-08T16:45:50Z'],
    ['onTicketDelete', 'on_ticket_delete', 'ticket.deleted', '2025-01-08T16:46:00.000Z'],
  ])('makes of %s (%s) a %s that the webhook accepts', async (event, file, type, timestamp) => {
    const app = open();
    await app.emit(event, eventOf(file));
    expect(bodyOf(app)).toEqual({ type, timestamp, data: { id: '4711', callSid } });
    expect(lastOf(app).url).toBe('https://api.example.com/webhooks/freshdesk');

    const { statusCode, messages } = await receive(lastOf(app));
    expect(statusCode).toBe(202);
    const url = 'https://acme.freshdesk.com/a/tickets/4711';
    expect(messages).toMatchObject([
      {
        ticket: 'freshdesk/4711',
        version: String(Date.parse(timestamp)),
        link: type === 'ticket.deleted' ? null : { url, title: 'Ticket 4711' },
        correlation: { callSid },
      },
    ]);
    expect(app.logged).toEqual([]);
  });

  it('lets a deletion win over all that came before it', async () => {
    const app = open();
    await app.emit('onTicketUpdate', eventOf('on_ticket_update'));
    const { messages: before } = await receive(lastOf(app));
    await app.emit('onTicketDelete', eventOf('on_ticket_delete'));
    const { messages: after } = await receive(lastOf(app));
    expect(BigInt(after[0]?.version ?? 0)).toBeGreaterThan(BigInt(before[0]?.version ?? 0));
  });

  it('takes a ticket that was deleted for deleted, in an update too', async () => {
    const app = open();
    await app.emit('onTicketUpdate', updateWith({ deleted: true }));
    expect(bodyOf(app)).toMatchObject({ type: 'ticket.deleted', timestamp: updatedAt });
  });

  it.each([
    ['cf_twilio_sid', taskSid, { taskSid }],
    ['cf_twilio_sid', callSid, { callSid }],
    ['cf_twilio_sid', ` ${conversationSid} `, { conversationSid }],
    ['cf_twilio_sid_2670978', taskSid, { taskSid }],
    ['cf_twilio_sid', '', {}],
    ['cf_twilio_sid', null, {}],
    ['cf_twilio_sid', 12, {}],
    ['cf_twilio_sid', 'PHI call me back', {}],
    ['cf_twilio_sid', `SM${'a'.repeat(32)}`, {}],
    ['cf_other', taskSid, {}],
    ['cf_twilio_sid_of_the_parent', taskSid, {}],
  ])('reads the field %s with %j in it', async (name, value, sids) => {
    const app = open();
    await app.emit('onTicketUpdate', updateWith({ custom_fields: { [name]: value } }));
    expect(bodyOf(app)).toMatchObject({ data: { id: '4711' } });
    expect(bodyOf(app)['data']).toEqual({ id: '4711', ...sids });
    expect((await receive(lastOf(app))).statusCode).toBe(202);
  });

  it('prefers the field of just that name', async () => {
    const app = open();
    const custom_fields = { cf_twilio_sid_2: taskSid, cf_twilio_sid: callSid };
    await app.emit('onTicketUpdate', updateWith({ custom_fields }));
    expect(bodyOf(app)['data']).toEqual({ id: '4711', callSid });
  });

  it.each([{ custom_fields: null }, { custom_fields: undefined }])(
    'finds no SID in %j',
    async (fields) => {
      const app = open();
      await app.emit('onTicketUpdate', updateWith(fields));
      expect(bodyOf(app)['data']).toEqual({ id: '4711' });
    },
  );

  it('reads no custom field where none is set', async () => {
    const app = open({ settings: { host: 'api.example.com', source: 'freshdesk', secret } });
    await app.emit('onTicketUpdate', eventOf('on_ticket_update'));
    expect(bodyOf(app)['data']).toEqual({ id: '4711' });
    expect((await receive(lastOf(app))).messages).toMatchObject([
      { correlation: { attribute: { name: 'freshdesk_ticket', value: '4711' } } },
    ]);
  });

  it('says in its log, and nowhere else, that a deletion came without the ticket’s number', async () => {
    const app = open();
    await app.emit('onTicketDelete', eventOf('on_ticket_delete_model_id'));
    expect(app.sent).toEqual([]);
    expect(app.logged).toMatchObject([{ level: 'error' }]);
  });

  it('lets nothing that people wrote out of Freshdesk, nor the secret', async () => {
    const app = open({ answer: () => ({ status: 503, response: '{}' }) });
    await app.emit('onTicketCreate', eventOf('on_ticket_create'));
    await app.emit('onTicketUpdate', eventOf('on_ticket_update'));
    await app.emit('onTicketUpdate', eventOf('on_ticket_update_spam'));
    await app.emit('onTicketDelete', eventOf('on_ticket_delete'));
    await app.emit('onTicketDelete', eventOf('on_ticket_delete_model_id'));
    const requests = app.sent.map(({ url, headers, body }) => [url, [...headers], `${body}`]);
    const out = JSON.stringify([requests, app.logged, app.scheduled()]);
    expect(app.sent).toHaveLength(4);
    expect(out).not.toMatch(/phi/i);
    expect(out).not.toContain(secret.slice('whsec_'.length));
  });

  it('handles what it says it handles, and nothing else', () => {
    const { common, support_ticket } = manifest.modules;
    const declared = [common.events, support_ticket.events].flatMap((events) =>
      Object.values(events).map(({ handler }) => handler),
    );
    expect(Object.keys(open().handlers).sort()).toEqual(declared.sort());
  });

  it('keeps the secret from the browser', () => {
    const secure = Object.entries(settingsPage).filter(([, setting]) => setting.secure);
    expect(secure.map(([name]) => name)).toEqual(['secret']);
  });
});

describe('the app, when it is not answered', () => {
  /** Lets an app work for a day, minute by minute, and tells when it sent. */
  const aDay = async (options: Partial<AppOptions>, event = 'onTicketUpdate') => {
    const app = open(options);
    const times: number[] = [];
    const file = event === 'onTicketDelete' ? 'on_ticket_delete' : 'on_ticket_update';
    await app.emit(event, eventOf(file));
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      if (minute > 0) await app.advanceMinutes(1);
      if (app.sent.length > times.length) times.push(app.now());
    }
    return { app, times };
  };

  it.each([{ status: 0 }, { status: 500 }, { status: 503 }, { status: 429 }, 'no answer'] as const)(
    'tries again for hours after %j',
    async (answer) => {
      const { app, times } = await aDay({ answer: () => answer });
      const waits = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 60_000);
      expect(waits).toEqual([10, 30, 60, 240]);
      expect(app.scheduled()).toEqual([]);
      expect(app.logged.map(({ level }) => level)).toEqual([
        'warn',
        'warn',
        'warn',
        'warn',
        'error',
      ]);
    },
  );

  it.each([400, 401, 404, 413, 422])('gives up after %i and says so in its log', async (status) => {
    const response = '{"problems":[{"field":"timestamp","problem":"is missing"}]}';
    const { app, times } = await aDay({ answer: () => ({ status, response }) });
    expect(times).toHaveLength(1);
    expect(app.logged).toMatchObject([{ level: 'error' }]);
    expect(app.logged[0]?.text).toContain(`ticket.updated 4711: ${status} ${response}`);
  });

  it('keeps a long answer short in its log', async () => {
    const { app } = await aDay({ answer: () => ({ status: 404, response: 'x'.repeat(10_000) }) });
    expect(app.logged[0]?.text.length).toBeLessThan(1000);
  });

  it('says so when the platform takes no more schedules', async () => {
    const { app, times } = await aDay({ answer: () => ({ status: 503 }), schedules: false });
    expect(times).toHaveLength(1);
    expect(app.logged).toMatchObject([{ level: 'error' }]);
    expect(app.logged[0]?.text).toContain('ticket.updated 4711');
  });

  it('brings a deletion through when it fails at first', async () => {
    let answers = 0;
    const answer = () => {
      answers += 1;
      return { status: answers < 3 ? 503 : 202 };
    };
    const { app, times } = await aDay({ answer }, 'onTicketDelete');
    expect(times).toHaveLength(3);
    // It is as old as it was: what happened to the ticket meanwhile is newer.
    expect(bodyOf(app)).toMatchObject({ timestamp: '2025-01-08T16:46:00.000Z' });
    const { statusCode, messages } = await receive(lastOf(app), times.at(-1));
    expect(statusCode).toBe(202);
    expect(messages).toMatchObject([{ ticket: 'freshdesk/4711', link: null }]);
  });

  it('signs each try anew, so that the last is as good as the first, under the same id', async () => {
    const { app, times } = await aDay({ answer: () => ({ status: 503 }) });
    expect(new Set(app.sent.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1);
    for (const [index, sent] of app.sent.entries()) {
      expect((await receive(sent, times[index])).statusCode).toBe(202);
    }
    const [first] = app.sent;
    expect(first && (await receive(first, times.at(-1))).statusCode).toBe(401);
  });

  it('gives each message an id of its own', async () => {
    const app = open();
    await app.emit('onTicketUpdate', eventOf('on_ticket_update'));
    await app.emit('onTicketUpdate', eventOf('on_ticket_update'));
    expect(new Set(app.sent.map(({ headers }) => headers.get('webhook-id'))).size).toBe(2);
  });

  it('is not let in with another secret', async () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    const app = open();
    await app.emit('onTicketUpdate', eventOf('on_ticket_update'));
    expect((await receive(lastOf(app), startsAt, other)).statusCode).toBe(401);
  });

  it('takes the secret without its prefix as well', async () => {
    const settings = { host: 'api.example.com', source: 'freshdesk', secret: secret.slice(6) };
    const app = open({ settings });
    await app.emit('onTicketUpdate', eventOf('on_ticket_update'));
    expect((await receive(lastOf(app))).statusCode).toBe(202);
  });

  it('logs which field the webhook misses', async () => {
    const answer = async (sent: Sent) => {
      const { statusCode: status, response = '' } = await receive(sent);
      return { status: status ?? 0, response };
    };
    const app = open({ answer });
    await app.emit('onTicketUpdate', updateWith({ updated_at: null }));
    expect(app.logged).toMatchObject([{ level: 'error' }]);
    expect(app.logged[0]?.text).toContain('timestamp');
  });
});

describe('the page about Freshdesk', () => {
  const folder = new URL('../../../docs/sources/', import.meta.url);
  const page = readFileSync(new URL('freshdesk.md', folder), 'utf8');

  it('leads to files that are there', () => {
    const links = [...page.matchAll(/\]\((freshdesk-app\/[^)]+)\)/g)].map(([, path = '']) => path);
    expect(links).not.toEqual([]);
    expect(links.filter((path) => !existsSync(new URL(path, folder)))).toEqual([]);
  });

  it('names every setting of the app and every event it handles', () => {
    const names = [
      ...Object.keys(settingsPage),
      ...Object.keys(manifest.modules.support_ticket.events),
    ];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
