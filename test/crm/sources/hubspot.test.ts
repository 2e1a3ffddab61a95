import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { crm } from '../../../fixtures/hubspot/crm.ts';
import { hubspot } from '../../../shared/crm/sources/hubspot.ts';
import { fixture, setUpWebhook } from '../../crm-change/webhook.ts';
import { apiGatewayEvent } from '../../http/webhook.ts';
import { event, fields, id, normalise, now, problems, read } from './hubspot-events.ts';

describe('a HubSpot event', () => {
  const classic = (action: string) =>
    event('creation', { subscriptionType: `ticket.${action}`, propertyName: 'x' });
  const generic = (action: string, objectTypeId: unknown = '0-5') => ({
    ...classic(action),
    subscriptionType: `object.${action}`,
    objectTypeId,
  });

  it.each([
    ['creation', 'present'],
    ['restore', 'present'],
    ['propertyChange', 'present'],
    ['deletion', 'removed'],
  ])('%s of a ticket is a ticket that is %s, in either form', (action, kind) => {
    const version = '1795339800000';
    const gone = kind === 'removed' && { exclusive: true };
    const gives = [{ kind, id, version, occurredAt: 1795339800000, sids: {}, ...gone }];
    expect(normalise([classic(action)])).toEqual(gives);
    expect(normalise([generic(action)])).toEqual(gives);
  });

  it.each(['0-1', '0-2', '0-50', '2-3453932', 'ticket', ''])(
    'of an object of type %j is ignored',
    (type) => {
      for (const action of ['creation', 'deletion', 'restore', 'propertyChange', 'merge']) {
        const ignored = [{ kind: 'ignored', reason: 'not a ticket event' }];
        expect(normalise([generic(action, type)])).toEqual(ignored);
      }
    },
  );

  it('of each kind that our page subscribes to says something of the link', () => {
    const page = readFileSync(new URL('../../../docs/sources/hubspot.md', import.meta.url), 'utf8');
    const { config } = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    const types: string[] = config.subscriptions.crmObjects.map(
      (one: { subscriptionType: string }) => one.subscriptionType,
    );
    expect(new Set(types).size).toBe(5);
    for (const subscriptionType of types) {
      const found = read('merge', { subscriptionType });
      expect(['present', 'removed']).toContain(found.at(-1)?.kind);
    }
  });

  it('of another portal is ignored, with any other fields', () => {
    const ignored = [{ kind: 'ignored', reason: 'another portal' }];
    expect(read('deletion', { portalId: 62516 })).toEqual(ignored);
    expect(read('deletion', { portalId: 6251, objectId: null })).toEqual(ignored);
    expect(normalise([event('deletion')], { portalId: '1' })).toEqual(ignored);
    expect(read('deletion', { portalId: '62515' })).toMatchObject([{ kind: 'removed' }]);
  });

  it('is refused if it is no event', () => {
    const places = ['[0]', '[1]', '[2]', '[3]', '[4].portalId', '[4].subscriptionType'];
    expect(fields([null, 7, 'x', [], {}])).toEqual(places);
  });
});

describe('a batch of HubSpot', () => {
  it.each([[null], ['text'], [7], [{}], [event('creation')]])(
    'is an array, and not %j',
    (payload) => {
      expect(problems(payload)).toEqual([
        { field: 'body', problem: 'must be a JSON array of events, as HubSpot sends them' },
      ]);
    },
  );

  it('may be empty', () => {
    expect(normalise([])).toEqual([]);
  });

  const config = { kind: 'hubspot', ...crm.settings, secret: 'hubspot-secret' };
  const secret = crm.newSecret();
  const ownUrl = 'https://api.example.com/webhooks/hubspot';
  const send = async (body: string, source: object = config, url = ownUrl) => {
    const webhook = setUpWebhook({
      sources: { hubspot: source },
      secrets: { 'hubspot-secret': secret },
      now,
    });
    const { headers } = crm.sign({ body: Buffer.from(body), secret, url, now });
    const http = { path: '/webhooks/hubspot', headers };
    return { ...webhook, answer: await webhook.crmChange(apiGatewayEvent(body, http)) };
  };

  it('has its readable events on the queue, and is sent again for the unreadable one', async () => {
    const bad = event('creation', { objectId: null });
    const { answer, messages } = await send(
      JSON.stringify([event('creation'), bad, event('deletion')]),
    );
    expect(answer.statusCode).toBe(422);
    expect(messages().map(({ change }) => change.link === null)).toEqual([false, true]);
  });

  it('is sent again after every failure, ours or theirs', () => {
    const { accepted, ignored, ...failures } = hubspot.statusOf;
    for (const status of [accepted, ignored]) expect(Math.floor(status / 100)).toBe(2);
    for (const status of Object.values(failures)) expect(status).toBeGreaterThanOrEqual(400);
  });

  it('may hold a hundred events', async () => {
    const events = Array.from({ length: 100 }, (_, index) =>
      event('property_change', { objectId: index + 1 }),
    );
    const { answer, messages } = await send(JSON.stringify(events));
    expect(answer.statusCode).toBe(202);
    expect(messages()).toHaveLength(100);
  });

  it('of which nothing is wanted is a success, or it would come ten times more', async () => {
    for (const body of ['[]', fixture('hubspot/contact.json'), fixture('hubspot/company.json')]) {
      const { answer } = await send(body);
      expect(answer.statusCode).toBe(200);
    }
  });

  it('is accepted by the configured URL if API Gateway sees another', async () => {
    const url = 'https://crm.example.com/hubspot';
    const body = fixture('hubspot/creation.json');
    const behindAProxy = { ...config, webhookUrl: url };
    expect((await send(body, behindAProxy, url)).answer.statusCode).toBe(202);
    expect((await send(body, config, url)).answer.statusCode).toBe(401);
    expect((await send(body, behindAProxy)).answer.statusCode).toBe(401);
  });
});
