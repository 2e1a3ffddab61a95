import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../lambdas/crm-change/failures.ts';
import { parseJson } from '../../lambdas/crm-change/parse-json.ts';
import type { RawRequest } from '../../lambdas/crm-change/raw-request.ts';
import { secretProblem } from '../../lambdas/crm-change/secret-problem.ts';
import { SourceConfig } from '../../lambdas/crm-change/source-config.ts';
import { hubspot } from '../../lambdas/crm-change/sources/hubspot.ts';
import { toTicketChange } from '../../lambdas/crm-change/to-ticket-change.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import type { TicketChange } from '../../shared/message/ticket-change.ts';
import { bears, readAttributes, signsOf } from '../../shared/taskrouter/correlation.ts';
import { callSid, conversationSid, fixture, httpEvent, openDoor, taskSid } from './door.ts';

const portalId = '62515';
const id = '2874651930';
const settings = { portalId, sidProperty: 'twilio_sid' };
const normalise = (payload: unknown, changes: object = {}) =>
  hubspot.normalise(payload, { ...settings, ...changes });

type Fields = Readonly<Record<string, unknown>>;
const event = (name: string, changes: Fields = {}): Fields => ({
  ...JSON.parse(fixture(`hubspot/${name}.json`))[0],
  ...changes,
});
const read = (name: string, changes: Fields = {}) => normalise([event(name, changes)]);
const problems = (payload: unknown) => {
  try {
    return normalise(payload).flatMap((found) => (found.kind === 'refused' ? found.problems : []));
  } catch (error) {
    if (error instanceof Refusal) return error.problems;
    throw error;
  }
};
const fields = (payload: unknown) => problems(payload).map(({ field }) => field);

const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const target = 'https://hooks.example.com/webhooks/hubspot';
const now = 1795340000123;

interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly body?: string | Buffer;
  readonly timestamp?: string;
  readonly signature?: string;
}
const request = ({
  method = 'POST',
  url = target,
  body = '[]',
  timestamp = String(now),
  signature = '',
}: Sent): RawRequest => ({
  method,
  url,
  pathToken: undefined,
  headers: new Map([
    ['x-hubspot-request-timestamp', timestamp],
    ['x-hubspot-signature-v3', signature],
  ]),
  body: Buffer.from(body),
});
/** By HubSpot's description: base64(HMAC-SHA256(client secret, method + URI + body + timestamp)). */
const signed = (sent: Sent = {}, secret = uuid): RawRequest => {
  const { method, url, body, headers } = request(sent);
  const timestamp = headers.get('x-hubspot-request-timestamp');
  const content = Buffer.concat([Buffer.from(method + url), body, Buffer.from(`${timestamp}`)]);
  const signature = createHmac('sha256', secret).update(content).digest('base64');
  return request({ ...sent, signature });
};
const isGenuine = (sent: RawRequest, at = now, webhookUrl?: string, secrets = [uuid]) =>
  hubspot.authenticate(sent, secrets, at, { ...settings, ...(webhookUrl && { webhookUrl }) });

const encoded =
  `${target}?a=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B` +
  '&b=%3a%2f%3f%40%21%24%27%28%29%2a%2c%3b&c=%20%26%3D%25%2B+%253A';

/**
 * The first two are in the tests of HubSpot's Python and Ruby libraries; the others were computed with
 * its Node library, @hubspot/api-client 14.0.1, which is given the URL as it is decoded.
 */
const vectors = [
  {
    name: 'of the Python library',
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    url: 'https://www.example.com/webhook_uri',
    body: "{'example_field':'example_value'}",
    timestamp: '1693657560000',
    signature: 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
  },
  {
    name: 'of the Ruby library',
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    url: 'https://www.example.com/webhook_uri',
    body: "{'example_field':'example_value'}",
    timestamp: '1700000300000',
    signature: 'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=',
  },
  {
    name: 'with a body beyond ASCII',
    secret: uuid,
    url: 'https://hooks.example.com/prod/webhooks/hubspot',
    body:
      '[{"eventId":100,"subscriptionId":686627,"portalId":891472211,"appId":7906213,' +
      '"occurredAt":1795340000000,"subscriptionType":"ticket.propertyChange","attemptNumber":0,' +
      '"objectId":2874651930,"propertyName":"subject","propertyValue":"Döner & Çay 🍵",' +
      '"changeSource":"CRM_UI","sourceId":"userId:882761034"}]',
    timestamp: '1795340000123',
    signature: 'n2bU/ZzWOPxnJhAd1p9wO24/kMjBUoFc8PKtkJVbNtM=',
  },
  {
    name: 'with all that is decoded in the URL, and some that is not',
    secret: uuid,
    url: encoded,
    body: '[]',
    timestamp: '1795340000123',
    signature: 'MYeJAoV8Hc+G9nouItVQ2upUWOqs0WAA1sB5UZ5M7Y4=',
  },
];

describe("HubSpot's signature", () => {
  it.each(vectors)('agrees with the vector $name', ({ secret, timestamp, ...sent }) => {
    const check = (changes: Sent, secrets = [secret], webhookUrl?: string) =>
      isGenuine(request({ timestamp, ...sent, ...changes }), +timestamp, webhookUrl, secrets);
    expect(check({})).toBe(true);
    expect(check({}, [uuid.replace('0', '1'), secret])).toBe(true);
    expect(check({}, [uuid.replace('0', '1')])).toBe(false);
    expect(check({}, [])).toBe(false);
    expect(check({ body: `${sent.body}\n` })).toBe(false);
    expect(check({ timestamp: String(+timestamp + 1) })).toBe(false);
    expect(check({ url: 'https://10.0.0.1/' }, [secret], sent.url)).toBe(true);
    expect(check({}, [secret], 'https://hooks.example.com/')).toBe(false);
  });

  it('is over the decoded URL, and not over the one that was sent', () => {
    expect(isGenuine(signed({ url: encoded }))).toBe(false);
    const other = signed({ url: `${target}?a=%20%26%3D%25%2B%23%22` });
    expect(isGenuine(other)).toBe(true);
  });

  it('is over the URL that was set, decoded in the same way', () => {
    const { headers } = signed({ url: `${target}?a=:/` });
    const behindAProxy = { ...request({ url: 'http://internal/' }), headers };
    expect(isGenuine(behindAProxy, now, `${target}?a=%3a%2F`)).toBe(true);
    expect(isGenuine(behindAProxy)).toBe(false);
  });

  it('covers method, scheme, host, path and query', () => {
    const { headers } = signed();
    const elsewhere = (changes: Sent) => isGenuine({ ...request(changes), headers });
    expect(elsewhere({})).toBe(true);
    expect(elsewhere({ method: 'PUT' })).toBe(false);
    expect(elsewhere({ url: target.replace('https', 'http') })).toBe(false);
    expect(elsewhere({ url: target.replace('hooks', 'hook') })).toBe(false);
    expect(elsewhere({ url: `${target}/` })).toBe(false);
    expect(elsewhere({ url: `${target}?a=1` })).toBe(false);
  });

  it('may be five minutes old, and five minutes ahead', () => {
    const minutes = 60_000;
    const at = (offset: number) => isGenuine(signed({ timestamp: String(now + offset) }));
    expect([at(-5 * minutes), at(5 * minutes)]).toEqual([true, true]);
    expect([at(-5 * minutes - 1), at(5 * minutes + 1)]).toEqual([false, false]);
  });

  it.each([
    '',
    'now',
    'NaN',
    '1.795340000123e12',
    ` ${now}`,
    `${now}.0`,
    `+${now}`,
    `${now},${now}`,
    '0x1a20355a7bb',
    '1795340000',
    '9'.repeat(40),
  ])('with the timestamp %j is not let in, though it is right', (timestamp) => {
    expect(isGenuine(signed({ timestamp }))).toBe(false);
  });

  it('is taken as it is written', () => {
    const right = signed().headers.get('x-hubspot-signature-v3') ?? '';
    const check = (signature: string) => isGenuine(request({ signature }));
    expect(check(right)).toBe(true);
    for (const signature of [
      '',
      right.replace(/=$/, ''),
      ` ${right}`,
      `${right},${right}`,
      right.toLowerCase(),
      Buffer.from(right, 'base64').toString('base64url'),
      Buffer.from(right, 'base64').toString('hex'),
    ]) {
      expect([signature, check(signature)]).toEqual([signature, false]);
    }
  });

  it('of an older version is none: those are no HMAC, and have no time', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    for (const signature of [sha256(`${uuid}[]`), sha256(`${uuid}POST${target}[]`)]) {
      const sent = request({ signature });
      expect(isGenuine(sent)).toBe(false);
      const headers = new Map([...sent.headers, ['x-hubspot-signature', signature]]);
      expect(isGenuine({ ...sent, headers })).toBe(false);
    }
  });

  it('is not made with the secret of the documentation', () => {
    expect(secretProblem(hubspot, 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy')).toMatch(/documentation/);
    expect(secretProblem(hubspot, uuid)).toBeUndefined();
  });

  it('is judged and never thrown at, whatever is sent', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(String(now)));
    fc.assert(
      fc.property(text, text, text, text, (url, timestamp, signature, body) => {
        expect(isGenuine(request({ url, timestamp, signature, body }))).toBe(false);
      }),
    );
  });
});

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
    const gives = [{ kind, id, version, occurredAt: 1795339800000, sids: {} }];
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
    const page = readFileSync(new URL('../../docs/sources/hubspot.md', import.meta.url), 'utf8');
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
      parseJson(Buffer.from(fixture('hubspot/creation.json').replace(id, objectId)));
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
    const door = openDoor({
      sources: { hubspot: source },
      secrets: { 'hubspot-secret': uuid },
      now,
    });
    const url = sent.url ?? 'https://api.example.com/webhooks/hubspot';
    const { headers } = signed({ url, body, ...sent });
    const http = { path: '/webhooks/hubspot', headers: Object.fromEntries(headers) };
    return { ...door, answer: await door.crmChange(httpEvent(body, http)) };
  };

  it('has its readable events on the queue, and comes again for the one that is not', async () => {
    const bad = event('creation', { objectId: null });
    const { answer, messages } = await send(
      JSON.stringify([event('creation'), bad, event('deletion')]),
    );
    expect(answer.statusCode).toBe(422);
    expect(messages().map(({ link }) => link === null)).toEqual([false, true]);
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
  const leaves = { kind: 'removed', id, sids: {} };

  it.each([
    ['a Task', { taskSid }, taskSid],
    ['a call', { callSid }, callSid],
    ['a conversation', { conversationSid }, ` ${conversationSid}\n`],
  ])('is %s, and no other that it was on before', (_what, sids, value) => {
    expect(sidSet(value)).toEqual([
      { ...leaves, version: '1795339920455', occurredAt: 1795339920456 },
      { kind: 'present', id, version: '1795339920456', occurredAt: 1795339920456, sids },
    ]);
  });

  it.each(['', '  ', null, 'n/a', 'WT123', `SM${'a'.repeat(32)}`, 7])(
    'is left when the property becomes %j; then only taskAttribute can name one',
    (value) => {
      expect(sidSet(value)).toEqual([
        { ...leaves, version: '1795339920455', occurredAt: 1795339920456 },
        { kind: 'present', id, version: '1795339920456', occurredAt: 1795339920456, sids: {} },
      ]);
    },
  );

  it.each([
    ['REDACTED', {}],
    ['REDACTED', { isSensitive: true }],
    ['', { isSensitive: true }],
    [null, { isSensitive: true }],
    [undefined, {}],
  ])('is left as it is when the property becomes %j with %j', (value, rest) => {
    expect(sidSet(value, rest)).toMatchObject([{ kind: 'present', sids: {} }]);
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
    read('merge', changes).flatMap((found) => ('id' in found ? [[found.kind, found.id]] : []));

  it('takes away those that went, and keeps the one that came of it', () => {
    expect(kinds({ mergedObjectIds: [1, 2, 2], primaryObjectId: 3, newObjectId: 4 })).toEqual([
      ['removed', '1'],
      ['removed', '2'],
      ['present', '4'],
    ]);
  });

  it('keeps the primary ticket where there is no new one', () => {
    for (const newObjectId of [undefined, null, 3, '3']) {
      expect(kinds({ mergedObjectIds: [1], primaryObjectId: 3, newObjectId })).toEqual([
        ['removed', '1'],
        ['present', '3'],
      ]);
    }
  });

  it('takes the primary ticket away only where it is named as merged', () => {
    expect(kinds({ mergedObjectIds: [1, 3], primaryObjectId: 3, newObjectId: 4 })).toEqual([
      ['removed', '1'],
      ['removed', '3'],
      ['present', '4'],
    ]);
    expect(kinds({ mergedObjectIds: [1, 3], primaryObjectId: 3, newObjectId: null })).toEqual([
      ['removed', '1'],
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

/** Tasks by name, as the sync leaves them after messages in this order. */
const settle = (
  tasks: Readonly<Record<string, object>>,
  messages: readonly TicketChange[],
): string[] => {
  const texts = new Map(Object.entries(tasks).map(([name, own]) => [name, JSON.stringify(own)]));
  const reservations = [{ sid: `WR${'e'.repeat(32)}`, status: 'accepted' as const }];
  const apply = (change: TicketChange): boolean => {
    const { correlation, ticket, link } = change;
    const signs = signsOf({ correlation, ticket, removal: link === null });
    const found = [...texts].filter(([, text]) =>
      signs.some((sign) => bears(readAttributes(text), sign)),
    );
    for (const [name, text] of found) {
      texts.set(name, rewrite(text, reservations, [change]).attributes ?? text);
    }
    return found.length > 0;
  };
  // What finds no Task is looked for again, for a minute.
  const unmatched = messages.filter((change) => !apply(change));
  for (const change of unmatched) apply(change);
  return [...texts].flatMap(([name, text]) => (text.includes('app.hubspot.com') ? [name] : []));
};

const orders = <Item>(items: readonly Item[]): Item[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((r) => [item, ...r]));

describe('a HubSpot ticket that moves', () => {
  const configOf = (taskAttribute?: string) =>
    SourceConfig.parse({
      kind: 'hubspot',
      ticketUrl: 'https://app.hubspot.com/contacts/62515/record/0-5/{id}',
      secret: 'x',
      ...settings,
      ...(taskAttribute && { taskAttribute }),
    });
  const messagesOf = async (events: readonly Fields[], taskAttribute?: string) => {
    const config = configOf(taskAttribute);
    const options = { now: () => now, linkTypeOf: async () => 'Referenced' as const };
    const found = hubspot.normalise(events, config);
    const results = await Promise.all(
      found.map((finding) => toTicketChange(finding, 'hubspot', config, options)),
    );
    return results.filter((result) => result.kind === 'ticket-change');
  };
  /** Where the ticket ends, over all orders that the messages of each event may come in. */
  const endsOf = async (
    events: readonly Fields[],
    tasks: Readonly<Record<string, object>>,
    taskAttribute?: string,
  ) => {
    const ofEach = await Promise.all(events.map((each) => messagesOf([each], taskAttribute)));
    const all = ofEach.reduce<TicketChange[][]>(
      (before, messages) =>
        before.flatMap((first) => orders(messages).map((then) => [...first, ...then])),
      [[]],
    );
    return [...new Set(all.map((order) => settle(tasks, order).join(' and ')))];
  };

  const toCall = event('sid_set', { occurredAt: 1000, propertyValue: callSid });
  const toChat = event('sid_set', { occurredAt: 2000, propertyValue: conversationSid });
  const emptied = event('sid_emptied', { occurredAt: 3000 });
  const changed = event('property_change', { occurredAt: 4000 });
  const tasks = { call: { call_sid: callSid }, chat: { conversationSid } };

  it('is on the new conversation alone, in whatever order the messages of a move come', async () => {
    expect(await endsOf([toCall, toChat], tasks)).toEqual(['chat']);
  });

  it('is on none when its SID is emptied and no Task bears its id, in whatever order', async () => {
    expect(await endsOf([toCall, emptied], tasks)).toEqual(['']);
    expect(await endsOf([toCall, emptied], tasks, 'hs_ticket_id')).toEqual(['']);
  });

  it('is on the Task that bears its id when its SID is emptied, in whatever order', async () => {
    const apart = { ...tasks, own: { hs_ticket_id: id } };
    expect(await endsOf([toCall, emptied], apart, 'hs_ticket_id')).toEqual(['own']);
    expect(await endsOf([toCall, emptied, changed], apart, 'hs_ticket_id')).toEqual(['own']);
    const one = { ...tasks, call: { call_sid: callSid, hs_ticket_id: id } };
    expect(await endsOf([toCall, emptied], one, 'hs_ticket_id')).toEqual(['call']);
    expect(await endsOf([toCall, toChat, emptied], one, 'hs_ticket_id')).toEqual(['call']);
  });

  it('is on none once it is deleted, though its SID is emptied in that millisecond', async () => {
    const deletion = event('deletion', { occurredAt: 3000 });
    const own = { ...tasks, own: { hs_ticket_id: id } };
    expect(await endsOf([toCall, deletion], tasks)).toEqual(['']);
    expect(await endsOf([toCall, emptied, deletion], own, 'hs_ticket_id')).toEqual(['']);
    expect(await endsOf([toCall, deletion, emptied], own, 'hs_ticket_id')).toEqual(['']);
  });

  it('stays where it is when its SID is kept from us', async () => {
    const hidden = event('sid_redacted', { occurredAt: 3000 });
    expect(await endsOf([toCall, hidden], tasks)).toEqual(['call']);
  });

  it('stays where both SIDs are of one Task', async () => {
    const one = { both: { call_sid: callSid, conversationSid } };
    expect(await endsOf([toCall, toChat], one)).toEqual(['both']);
  });

  it('leaves the Task that bears its id for a SID, until it changes again', async () => {
    const own = { ...tasks, call: { call_sid: callSid, hs_ticket_id: id } };
    expect(await endsOf([toCall, toChat], own, 'hs_ticket_id')).toEqual(['chat']);
    expect(await endsOf([toCall, toChat, changed], own, 'hs_ticket_id')).toEqual(['call and chat']);
  });

  it('is on the Task that bears its id and that its new SID names', async () => {
    const own = { ...tasks, chat: { conversationSid, hs_ticket_id: id } };
    expect(await endsOf([toCall, toChat], own, 'hs_ticket_id')).toEqual(['chat']);
  });

  it('stays on a conversation too whose message the move overtook, until its next move', async () => {
    const messages = await messagesOf([toCall, toChat]);
    const [late, ...inTime] = messages.toSorted(
      (one, other) => Number(one.link === null) - Number(other.link === null),
    );
    if (late === undefined) throw new Error('there is no message');
    const overtaken = [...inTime, late];
    expect(settle(tasks, overtaken)).toEqual(['call', 'chat']);
    const [removal] = await messagesOf([{ ...emptied, occurredAt: 5000 }]);
    if (removal === undefined) throw new Error('there is no removal');
    expect(settle(tasks, [...overtaken, removal])).toEqual([]);
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
