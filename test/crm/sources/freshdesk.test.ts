import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { manifest, settingsPage } from '../../../fixtures/freshdesk/app.ts';
import type { Sent } from '../../../fixtures/published-sender.ts';
import { callSid, conversationSid, json, taskSid } from '../../crm-change/webhook.ts';
import {
  freshdeskEvent as eventOf,
  freshdeskApp,
  receiveFromFreshdesk as receive,
} from './freshdesk.ts';
import { lastOf } from './published-sender.ts';

type App = ReturnType<typeof freshdeskApp>;

const bodyOf = (app: App) => json(lastOf(app).body.toString());

/** An app after an update of a ticket with these fields. */
const updated = async (
  fields: object = {},
  options: Parameters<typeof freshdeskApp>[0] = {},
): Promise<App> => {
  const app = freshdeskApp(options);
  await app.emit('onTicketUpdate', eventOf('on_ticket_update', fields));
  return app;
};

describe('the app that we publish', () => {
  it.each([
    ['onTicketCreate', 'on_ticket_create', 'ticket.created', '2025-01-08T16:45:20Z'],
    ['onTicketUpdate', 'on_ticket_update', 'ticket.updated', '2025-01-08T16:45:40Z'],
    ['onTicketUpdate', 'on_ticket_update_spam', 'ticket.deleted', '2025-01-08T16:45:50Z'],
    // Newer than all that came before it.
    ['onTicketDelete', 'on_ticket_delete', 'ticket.deleted', '2025-01-08T16:46:00.000Z'],
  ])('makes of %s (%s) a %s that the webhook accepts', async (event, file, type, timestamp) => {
    const app = freshdeskApp();
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

  it('takes a ticket that was deleted for deleted, in an update too', async () => {
    expect(bodyOf(await updated({ deleted: true }))).toMatchObject({
      type: 'ticket.deleted',
      timestamp: '2025-01-08T16:45:40Z',
    });
  });

  it.each([
    [{ cf_twilio_sid: taskSid }, { taskSid }],
    [{ cf_twilio_sid: callSid }, { callSid }],
    [{ cf_twilio_sid: ` ${conversationSid} ` }, { conversationSid }],
    [{ cf_twilio_sid_2670978: taskSid }, { taskSid }],
    [{ cf_twilio_sid_2: taskSid, cf_twilio_sid: callSid }, { callSid }],
    [{ cf_twilio_sid: '' }, {}],
    [{ cf_twilio_sid: null }, {}],
    [{ cf_twilio_sid: 12 }, {}],
    [{ cf_twilio_sid: 'PHI call me back' }, {}],
    [{ cf_twilio_sid: `SM${'a'.repeat(32)}` }, {}],
    [{ cf_other: taskSid }, {}],
    [{ cf_twilio_sid_of_the_parent: taskSid }, {}],
    [null, {}],
    [undefined, {}],
  ])('of the custom fields %j sends %j', async (custom_fields, sids) => {
    const app = await updated({ custom_fields });
    expect(bodyOf(app)['data']).toEqual({ id: '4711', ...sids });
    expect((await receive(lastOf(app))).statusCode).toBe(202);
  });

  it('reads no custom field if none is set', async () => {
    const app = await updated({}, { settings: {} });
    expect(bodyOf(app)['data']).toEqual({ id: '4711' });
    expect((await receive(lastOf(app))).messages).toMatchObject([
      { correlation: { attribute: { name: 'freshdesk_ticket', value: '4711' } } },
    ]);
  });

  it('gives each message an id of its own', async () => {
    const apps = [await updated(), await updated()];
    const ids = apps.map((app) => lastOf(app).headers.get('webhook-id'));
    expect(new Set(ids).size).toBe(2);
  });

  it('says in its log, and nowhere else, that a deletion came without the ticket’s number', async () => {
    const app = freshdeskApp();
    await app.emit('onTicketDelete', eventOf('on_ticket_delete_model_id'));
    expect(app.sent).toEqual([]);
    expect(app.logged).toMatchObject([{ level: 'error' }]);
  });

  it('keeps a long answer short in its log', async () => {
    const response = 'x'.repeat(10_000);
    const app = await updated({}, { answer: () => ({ status: 404, response }) });
    expect(app.logged[0]?.text.length).toBeLessThan(1000);
  });

  it('says so when the platform takes no more schedules', async () => {
    const app = await updated({}, { answer: () => ({ status: 503 }), schedules: false });
    expect(app.sent).toHaveLength(1);
    expect(app.logged).toMatchObject([{ level: 'error' }]);
    expect(app.logged[0]?.text).toContain('ticket.updated 4711');
  });

  it('logs which field the webhook misses', async () => {
    const answer = async (sent: Sent) => {
      const { statusCode: status, response = '' } = await receive(sent);
      return { status: status ?? 0, response };
    };
    const app = await updated({ updated_at: null }, { answer });
    expect(app.logged).toMatchObject([{ level: 'error' }]);
    expect(app.logged[0]?.text).toContain('timestamp');
  });

  it('sends neither text that people wrote nor the secret', async () => {
    const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
    const answer = () => ({ status: 503, response: '{}' });
    const app = await updated({}, { answer, secret });
    await app.emit('onTicketCreate', eventOf('on_ticket_create'));
    await app.emit('onTicketUpdate', eventOf('on_ticket_update_spam'));
    await app.emit('onTicketDelete', eventOf('on_ticket_delete'));
    await app.emit('onTicketDelete', eventOf('on_ticket_delete_model_id'));
    const requests = app.sent.map(({ url, headers, body }) => [url, [...headers], `${body}`]);
    const out = JSON.stringify([requests, app.logged, app.scheduled()]);
    expect(app.sent).toHaveLength(4);
    // As texts of people begin in the fixtures. Three letters alone may stand in a random signature.
    expect(out).not.toMatch(/phi[ .-]/i);
    expect(out).not.toContain(secret.slice('whsec_'.length));
  });

  it('handles what it says it handles, and nothing else', () => {
    const { common, support_ticket } = manifest.modules;
    const declared = [common.events, support_ticket.events].flatMap((events) =>
      Object.values(events).map(({ handler }) => handler),
    );
    expect(Object.keys(freshdeskApp().handlers).sort()).toEqual(declared.sort());
  });

  it('keeps the secret from the browser', () => {
    const secure = Object.entries(settingsPage).filter(([, setting]) => setting.secure);
    expect(secure.map(([name]) => name)).toEqual(['secret']);
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
    const { events } = manifest.modules.support_ticket;
    const names = [...Object.keys(settingsPage), ...Object.keys(events)];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
