import { hash as nodeHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildPlugin } from '../../flex-plugin/build.ts';
import { createDrillDown, readRules } from '../../flex-plugin/drill-down.ts';
import { hash } from '../../flex-plugin/for-browsers.ts';
import { createTicketsTab } from '../../flex-plugin/tickets-tab.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { reservations, ticketChange } from '../media/arbitraries.ts';
import { anyCharacter } from '../property-runs.ts';

it('is at most 10 KB', () => {
  expect(Buffer.byteLength(buildPlugin().script)).toBeLessThanOrEqual(10 * 1024);
});

it('hashes as Node does', () => {
  const same = fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), (text) => {
    expect(hash('sha256', text, 'base64url')).toBe(nodeHash('sha256', text, 'base64url'));
  });
  fc.assert(same);
});

/** What becomes of a drill-down: what was opened, reported and handed on. */
const drillDown = async (payload: unknown, { isBroken = false, hasNext = false } = {}) => {
  const rules = [
    { hosts: ['acme.zendesk.com'], open: 'panel' },
    { hosts: ['desk.example.com:8443', 'services.twilio.com'], open: 'tab' },
    { hosts: ['jira.example.com'], open: 'action', action: 'OpenJira' },
  ];
  const calls: string[] = [];
  const opener = (name: string, { href }: URL) => {
    if (isBroken) throw new Error('not now');
    calls.push(`${name} ${href}`);
  };
  const tab = (url: URL) => opener('tab', url);
  const panel = (url: URL) => opener('panel', url);
  const openers = { tab, panel, action: async (name: string, url: URL) => opener(name, url) };
  const report = (problem: string) => void calls.push(problem);
  const to = (handler: string) => async (url: unknown) => void calls.push(`${handler} ${url}`);
  const handler = createDrillDown(readRules(rules, report), openers, report);
  await handler(payload, to('Flex'), hasNext ? to('next') : undefined);
  return calls;
};

it.each([
  'panel https://acme.zendesk.com/agent/tickets/4711#a',
  'tab https://desk.example.com:8443/t?id=1',
  'OpenJira https://jira.example.com/browse/CS-1',
])('opens by its rule, or by Flex if that fails: %s', async (opening) => {
  const [, url] = opening.split(' ');
  expect(await drillDown(url)).toEqual([opening]);
  const failed = [expect.stringContaining('not now'), `Flex ${url}`];
  expect(await drillDown(url, { isBroken: true })).toEqual(failed);
});

it.each([
  ...[undefined, null, {}, '', 'no URL', 'javascript:alert(1)//acme.zendesk.com'],
  ...['http://acme.zendesk.com/', 'https://desk.example.com/', 'https://me@acme.zendesk.com/'],
  ...['https://acme.zendesk.com.evil.example/', 'https://acme.zendesk.com@evil.example/'],
  'https://services.twilio.com/flex-insights-drilldown/accounts/AC1/segments/WR1',
  'https://acme.zendesk.com/player/segment/5fa',
])('leaves to Flex, or to the plugin before: %s', async (payload) => {
  expect(await drillDown(payload)).toEqual([`Flex ${payload}`]);
  expect(await drillDown(payload, { hasNext: true })).toEqual([`next ${payload}`]);
});

it('leaves out a rule with an error, and names it', () => {
  const right = { hosts: ['a.example'], open: 'tab' };
  const wrong = [{ open: 'tab' }, { hosts: ['A.example'], open: 'tab' }, { hosts: [], open: 'a' }];
  const problems: string[] = [];
  const rules = [...wrong, right, { hosts: [], open: 'action' }, null];
  expect(readRules(rules, (each) => problems.push(each.slice(0, 18)))).toEqual([right]);
  expect(problems).toEqual([0, 1, 2, 4, 5].map((at) => `drilldowns[${at}] must`));
  expect(readRules(undefined, () => expect.unreachable())).toEqual([]);
});

it('shows the tickets that a rewrite has linked: no link of others, none without https', () => {
  const createElement = (...element: unknown[]) => element;
  const Tickets = createTicketsTab({ createElement } as never);
  const show = (attributes: unknown) => JSON.stringify(Tickets({ task: { attributes } }));
  const url = 'http://tickets.example/3';
  const http = ticketChange('3', 5, { type: 'Referenced', url });
  const changes = [ticketChange('1', 5), ticketChange('2', 5, 'removed'), http];
  const media = [{ type: 'Referenced', url: 'https://wiki.example.com/' }];
  const before = JSON.stringify({ conversations: { media } });
  const { attributes = '' } = rewrite(before, reservations('accepted'), changes);
  const text = show(JSON.parse(attributes));
  expect(text).toMatch(/Tickets: 2.*https:\/\/tickets\.example\/1.*crm\/3 \(no link\)/);
  expect(text).not.toMatch(/wiki\.example\.com|http:/);
  expect(show(undefined)).toContain('No ticket yet');
  expect(show({ crm_media_sync: '2 ?' })).toContain('cannot be read');
});
