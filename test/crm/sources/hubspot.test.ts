import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { hubspot } from '../../../shared/crm/sources/hubspot.ts';
import { parseJsonBody } from '../../../shared/http/request.ts';
import {
  apiGatewayEvent,
  callSid,
  conversationSid,
  fixture,
  setUpWebhook,
  taskSid,
} from '../../crm-change/webhook.ts';
import {
  event,
  type Fields,
  fields,
  id,
  normalise,
  now,
  portalId,
  problems,
  read,
  type Sent,
  settings,
  signed,
  uuid,
} from './hubspot-events.ts';

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
    const gone = kind === 'removed' && { alone: true };
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

  it.each([
    'ticket.associationChange',
    'object.associationChange',
    'ticket.privacyDeletion',
    'ticket.',
    'ticket',
    'contact.creation',
    'conversation.newMessage',
    'xticket.creation',
    'ticket.creation ',
    'ticket.constructor',
    '',
  ])('of type %j is ignored, whatever else it holds', (subscriptionType) => {
    expect(normalise([{ portalId: 62515, subscriptionType, occurredAt: 'x' }])).toEqual([
      { kind: 'ignored', reason: 'not an event that a link depends on' },
    ]);
  });

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

  it('of another portal is ignored, whatever else it holds', () => {
    const ignored = [{ kind: 'ignored', reason: 'an event of another portal' }];
    expect(read('deletion', { portalId: 62516 })).toEqual(ignored);
    expect(read('deletion', { portalId: 6251, objectId: null })).toEqual(ignored);
    expect(normalise([event('deletion')], { portalId: '1' })).toEqual(ignored);
    expect(read('deletion', { portalId: '62515' })).toMatchObject([{ kind: 'removed' }]);
  });

  it('may have an id of any length', () => {
    const body = (objectId: string) =>
      parseJsonBody(Buffer.from(fixture('hubspot/creation.json').replace(id, objectId)));
    const long = '39313930383633353634323835';
    expect(normalise(body(long))).toMatchObject([{ id: long }]);
    expect(normalise(body('"512"'))).toMatchObject([{ id: '512' }]);
  });

  it('is read whatever number its attempt has', () => {
    expect(read('creation', { attemptNumber: 9, eventId: 1 })).toEqual(read('creation'));
  });

  it.each([
    ['no portal', { portalId: undefined }, 'portalId'],
    ['no type', { subscriptionType: undefined }, 'subscriptionType'],
    ['a type that is no text', { subscriptionType: 7 }, 'subscriptionType'],
    ['no id', { objectId: undefined }, 'objectId'],
    ['an id of null', { objectId: null }, 'objectId'],
    ['an id with a fraction', { objectId: 1.5 }, 'objectId'],
    ['an id that could be a path', { objectId: '../1' }, 'objectId'],
    ['no time', { occurredAt: undefined }, 'occurredAt'],
    ['a time in words', { occurredAt: '2026-11-22T09:30:00Z' }, 'occurredAt'],
    ['a time of nothing', { occurredAt: 0 }, 'occurredAt'],
    ['a time before 1970', { occurredAt: -1 }, 'occurredAt'],
    ['a time within a millisecond', { occurredAt: 1.5 }, 'occurredAt'],
    ['no type of object', { subscriptionType: 'object.creation' }, 'objectTypeId'],
  ])('with %s is refused by the name of the field', (_what, changes, field) => {
    expect(fields([event('creation', changes)])).toEqual([`[0].${field}`]);
  });

  it('is refused where it is no event', () => {
    expect(fields([null, 7, 'x', [], {}])).toEqual([
      '[0]',
      '[1]',
      '[2]',
      '[3]',
      '[4].portalId',
      '[4].subscriptionType',
    ]);
  });

  it('is never quoted when it is refused', () => {
    const bad = event('creation', { objectId: 'Jane Doe', occurredAt: 'Jane Doe' });
    const merge = event('merge', { mergedObjectIds: ['Jane Doe'], primaryObjectId: 'Jane Doe' });
    expect(JSON.stringify(problems([bad, merge]))).not.toMatch(/Jane/);
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

  it('has the place of each event that cannot be read', () => {
    const bad = event('creation', { objectId: null });
    const found = normalise([event('creation'), bad, event('deletion')]);
    expect(found.map(({ kind }) => kind)).toEqual(['present', 'refused', 'removed']);
    expect(fields([event('creation'), bad, event('deletion')])).toEqual(['[1].objectId']);
  });

  const config = {
    kind: 'hubspot',
    ticketUrl: 'https://app.hubspot.com/contacts/62515/record/0-5/{id}',
    taskAttribute: 'hs_ticket_id',
    secret: 'hubspot-secret',
    ...settings,
  };
  const send = async (body: string, source: object = config, sent: Sent = {}) => {
    const webhook = setUpWebhook({
      sources: { hubspot: source },
      secrets: { 'hubspot-secret': uuid },
      now,
    });
    const url = sent.url ?? 'https://api.example.com/webhooks/hubspot';
    const { headers } = signed({ url, body, ...sent });
    const http = { path: '/webhooks/hubspot', headers: Object.fromEntries(headers) };
    return { ...webhook, answer: await webhook.crmChange(apiGatewayEvent(body, http)) };
  };

  it('has its readable events on the queue, and comes again for the one that is not', async () => {
    const bad = event('creation', { objectId: null });
    const { answer, messages } = await send(
      JSON.stringify([event('creation'), bad, event('deletion')]),
    );
    expect(answer.statusCode).toBe(422);
    expect(messages().map(({ change }) => change.link === null)).toEqual([false, true]);
  });

  it('comes again after every failure, whosever it is', () => {
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

  it('is let in by the URL that was set, where API Gateway sees another', async () => {
    const url = 'https://crm.example.com/hubspot';
    const body = fixture('hubspot/creation.json');
    const behindAProxy = { ...config, webhookUrl: url };
    expect((await send(body, behindAProxy, { url })).answer.statusCode).toBe(202);
    expect((await send(body, config, { url })).answer.statusCode).toBe(401);
    expect((await send(body, behindAProxy)).answer.statusCode).toBe(401);
  });
});

describe('the conversation of a HubSpot ticket', () => {
  const sidSet = (propertyValue: unknown, rest: Fields = {}) =>
    read('sid_set', { propertyValue, ...rest });
  const moved = {
    kind: 'present',
    id,
    version: '1795339920456',
    occurredAt: 1795339920456,
    alone: true,
  };

  it.each([
    ['a Task', { taskSid }, taskSid],
    ['a call', { callSid }, callSid],
    ['a conversation', { conversationSid }, ` ${conversationSid}\n`],
  ])('is %s, and no other that it was on before', (_what, sids, value) => {
    expect(sidSet(value)).toEqual([{ ...moved, sids }]);
  });

  it.each(['', '  ', null, 'n/a', 'WT123', `SM${'a'.repeat(32)}`, 7])(
    'is left when the property becomes %j; then only taskAttribute can name one',
    (value) => {
      expect(sidSet(value)).toEqual([{ ...moved, sids: {} }]);
    },
  );

  it.each([
    ['REDACTED', {}],
    ['REDACTED', { isSensitive: true }],
    ['', { isSensitive: true }],
    [null, { isSensitive: true }],
    [undefined, {}],
  ])('is left as it is when the property becomes %j with %j', (value, rest) => {
    const { alone: _, ...stays } = moved;
    expect(sidSet(value, rest)).toEqual([{ ...stays, sids: {} }]);
  });

  it('is read where HubSpot calls the property sensitive and tells its SID all the same', () => {
    expect(sidSet(callSid, { isSensitive: true })).toEqual(sidSet(callSid));
  });

  it('is in the one property that was set, and in no other event', () => {
    const present = [{ kind: 'present', sids: {} }];
    expect(sidSet(callSid, { propertyName: 'Twilio_SID' })).toMatchObject(present);
    expect(sidSet(callSid, { propertyName: undefined })).toMatchObject(present);
    expect(sidSet(callSid, { subscriptionType: 'object.restore' })).toMatchObject(present);
    const unset = normalise([event('sid_set')], { sidProperty: undefined });
    expect(unset).toMatchObject(present);
    const nameless = [event('sid_set', { propertyName: undefined })];
    expect(normalise(nameless, { sidProperty: undefined })).toMatchObject(present);
  });
});

describe('a merge of HubSpot tickets', () => {
  const kinds = (changes: Fields) =>
    read('merge', changes).flatMap((found) =>
      'id' in found ? [[found.kind, found.id, found.replaces].filter(Boolean)] : [],
    );

  it('takes away those that went, and puts the one that came of it in their place', () => {
    expect(kinds({ mergedObjectIds: [1, 2, 2], primaryObjectId: 3, newObjectId: 4 })).toEqual([
      ['removed', '1'],
      ['present', '4', '1'],
      ['removed', '2'],
      ['present', '4', '2'],
      ['present', '4', '3'],
      ['present', '4'],
    ]);
  });

  it('keeps the primary ticket where there is no new one', () => {
    for (const newObjectId of [undefined, null, 3, '3']) {
      expect(kinds({ mergedObjectIds: [1], primaryObjectId: 3, newObjectId })).toEqual([
        ['removed', '1'],
        ['present', '3', '1'],
        ['present', '3'],
      ]);
    }
  });

  it('takes the primary ticket away only where it is named as merged', () => {
    expect(kinds({ mergedObjectIds: [1, 3], primaryObjectId: 3, newObjectId: 4 })).toEqual([
      ['removed', '1'],
      ['present', '4', '1'],
      ['removed', '3'],
      ['present', '4', '3'],
      ['present', '4'],
    ]);
    expect(kinds({ mergedObjectIds: [1, 3], primaryObjectId: 3, newObjectId: null })).toEqual([
      ['removed', '1'],
      ['present', '3', '1'],
      ['present', '3'],
    ]);
  });

  it('does not ask which ticket the event itself is about', () => {
    expect(read('merge', { objectId: undefined })).toEqual(read('merge'));
  });

  it.each([
    ['mergedObjectIds', { mergedObjectIds: undefined }],
    ['mergedObjectIds', { mergedObjectIds: 7 }],
    ['mergedObjectIds.1', { mergedObjectIds: [7, null] }],
    ['primaryObjectId', { primaryObjectId: undefined }],
    ['newObjectId', { newObjectId: 'x y' }],
  ])('with a wrong %s is refused by that name', (field, changes) => {
    expect(fields([event('merge', changes)])).toEqual([`[0].${field}`]);
  });
});

describe("HubSpot's settings", () => {
  const base = {
    kind: 'hubspot',
    ticketUrl: 'https://app.hubspot.com/contacts/62515/record/0-5/{id}',
    secret: 'x',
    portalId,
  };
  const wrong = (changes: object) =>
    SourceConfig.safeParse({ ...base, ...changes }).error?.issues.map(({ path }) => path.join('.'));

  it('are a portal, and may be a property and a URL', () => {
    expect(wrong({})).toBeUndefined();
    expect(SourceConfig.parse({ ...base, portalId: 62515 })).toMatchObject({ portalId: '62515' });
    const webhookUrl = 'https://CRM.example.com/hubspot?a=%3A';
    expect(SourceConfig.parse({ ...base, webhookUrl })).toMatchObject({ webhookUrl });
  });

  it.each([
    ['portalId', { portalId: undefined }],
    ['portalId', { portalId: 'acme' }],
    ['sidProperty', { sidProperty: 'Twilio SID' }],
    ['sidProperty', { sidProperty: '' }],
    ['webhookUrl', { webhookUrl: 'http://crm.example.com/hubspot' }],
    ['webhookUrl', { webhookUrl: 'crm.example.com' }],
  ])('with a wrong %s are refused by that name', (name, changes) => {
    expect(wrong(changes)).toEqual([name]);
  });
});
