import { describe, expect, it } from 'vitest';
import { createFeed } from '../../console/server/feed.ts';
import { createConsoleApp } from '../../console/server/server.ts';
import { checkHealth } from '../../local/console/health.ts';
import { TaskStore } from '../../local/taskrouter/tasks/store.ts';
import { LinkConfig } from '../../shared/crm/link-settings.ts';
import { TicketChange } from '../../shared/messages/ticket-change.ts';
import { taskFields } from './taskrouter/store-tasks.ts';

const post = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"minutes":1}',
};
/** The headers of a page that was opened under this name. */
const at = (host: string) => ({ host, origin: `http://${host}` });
const own = at('127.0.0.1:80');

describe('the server of the console', () => {
  const serve = (host = '127.0.0.1') => {
    const passed: number[] = [];
    const passTime = async ({ minutes }: { minutes: number }) => {
      passed.push(minutes);
      return null;
    };
    const app = createConsoleApp({ feed: createFeed(), actions: { passTime }, host, crmPort: 81 });
    const request = (path: string, headers: object, options: RequestInit = {}) =>
      app.request(path, { ...options, headers: { ...options.headers, ...headers } });
    return { request, passed };
  };

  it.each([
    ['its own page', '127.0.0.1', own, 200],
    ['localhost', '127.0.0.1', at('localhost:80'), 200],
    ['IPv6', '::1', at('[::1]:80'), 200],
    ['a chosen IPv6 address', 'fd00::1', at('[fd00::1]'), 200],
    ['a chosen address', '0.0.0.0', at('10.1.2.3:80'), 200],
    ['a name that leads here', '127.0.0.1', at('evil.example'), 403],
    ['one, on all addresses', '0.0.0.0', at('evil.example'), 403],
    ['an address that it does not listen on', '127.0.0.1', at('10.1.2.3'), 403],
    ['another site', '127.0.0.1', { ...own, origin: 'https://evil.example' }, 403],
    ['the CRM that it frames', '127.0.0.1', { ...own, origin: 'http://127.0.0.1:81' }, 403],
    ['a page without an origin', '127.0.0.1', { ...own, origin: 'null' }, 403],
    ['no browser and no origin', '127.0.0.1', { host: own.host }, 403],
    ['no host', '127.0.0.1', { origin: own.origin }, 403],
  ])('answers an action of %s as it should', async (_, listensOn, headers, status) => {
    const { request, passed } = serve(listensOn);
    expect((await request('/actions/passTime', headers, post)).status).toBe(status);
    expect(passed).toEqual(status === 200 ? [1] : []);
  });

  it('shows nothing to other sites, and frames nothing but the CRM', async () => {
    const { request } = serve();
    for (const path of ['/', '/events', '/main.js', '/sounds/1.wav']) {
      expect((await request(path, { ...own, origin: 'https://evil.example' })).status).toBe(403);
      const fetched = {
        host: own.host,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'no-cors',
      };
      expect((await request(path, fetched)).status).toBe(403);
    }
    const page = await request('/', { host: own.host });
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'self'; frame-src http:\/\/127\.0\.0\.1:81; frame-ancestors 'none'/,
    );
  });

  it.each([
    ['/actions/nothing', post, 404],
    ['/actions/send', post, 400],
    ['/actions/act', { ...post, body: '{"conversation":"WT1","action":"accept"}' }, 404],
    ['/actions/passTime', { ...post, body: 'x' }, 400],
  ])('answers %s with %j by %i', async (path, options, status) => {
    expect((await serve().request(path, own, options)).status).toBe(status);
  });
});

describe('whether every acknowledged change is on its Task', () => {
  const url = 'https://acme.zendesk.com/agent/tickets/1';
  const source = {
    kind: 'zendesk',
    ticketUrl: url.replace('/1', '/{id}'),
    taskAttribute: 'zd_ticket_id',
  };
  const sources = { zendesk: LinkConfig.parse(source) };
  const link = { type: 'Referenced' as const, url, title: 'Ticket 1' };
  const change = TicketChange.parse({
    ticket: 'zendesk/1',
    version: '7',
    link,
    correlation: { callSid: `CA${'b'.repeat(32)}` },
    occurredAt: 0,
  });
  const present = (attributes: object, progress: 'done' | 'under-way' | 'dead-letter' = 'done') => {
    const store = new TaskStore(Date.now, () => 0);
    const task = store.create(taskFields({ call_sid: change.correlation.callSid, ...attributes }));
    store.moveReservation(task, store.offer(task, 'Ana'), 'accepted');
    const changes = [{ change, progress }];
    const none = { inQueue: 0, waiting: 0, deadLetters: 0 };
    return checkHealth({ tasks: [task], changes, sources, ...none });
  };

  it('is a violation if the link is missing, once nothing is under way', () => {
    expect(present({})).toMatchObject({
      state: 'violated',
      violations: [expect.stringContaining('zendesk/1: expected https://acme.zendesk.com')],
    });
    expect(present({}, 'under-way')).toMatchObject({ state: 'under-way', violations: [] });
    expect(present({}, 'dead-letter')).toMatchObject({ state: 'good', violations: [] });
  });

  it('counts the ticket that the Task names, and other calls for nothing', () => {
    const other = { call_sid: `CA${'c'.repeat(32)}` };
    expect(present(other).state).toBe('good');
    expect(present({ ...other, zd_ticket_id: '2' }).violations).toEqual([
      expect.stringContaining('zendesk/2: expected https://acme.zendesk.com/agent/tickets/2'),
    ]);
  });
});
