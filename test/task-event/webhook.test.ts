import { createHash, createHmac } from 'node:crypto';
import { Metrics } from '@aws-lambda-powertools/metrics';
import fc from 'fast-check';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it, vi } from 'vitest';
import { createTaskEventLog } from '../../lambdas/task-event/log-request.ts';
import { createWriteBackoff } from '../../lambdas/task-event/webhook.ts';
import {
  callbackRequest,
  eventStreamsRequest,
} from '../../local/taskrouter/events/signed-request.ts';
import { maxEventBodyBytes } from '../../shared/http/request.ts';
import { sqsBatchResponse } from '../http/webhook.ts';
import {
  authToken,
  byCallback,
  byStream,
  now,
  setUpAcceptedTask,
  setUpLinkedTask,
  setUpWebhook,
  signedEvent,
  url,
} from './webhook.ts';

const secretName = 'Jean Doe';

/** An event that calls for a reconcile. */
const accepted = () => {
  const { accept, event } = setUpLinkedTask({ customer: secretName });
  accept('Ben');
  return event('reservation.accepted');
};

describe('a request of TaskRouter', () => {
  it('is answered as Twilio asks for, once SQS holds the message', async () => {
    const { taskEvent, sent, reports } = setUpWebhook();
    const answer = await taskEvent(byCallback(accepted()));
    expect(answer).toMatchObject({
      statusCode: 204,
      headers: { 'content-type': 'application/json' },
      body: '',
    });
    expect(sent).toHaveLength(1);
    expect(reports).toMatchObject([
      { outcome: 'accepted', events: 1, reconciles: 1, ticketsToLink: 0 },
    ]);
  });

  it('gets a retry status if SQS does not take the message', async () => {
    const { taskEvent, reports } = setUpWebhook({
      sqs: { send: async (command) => sqsBatchResponse([], command.input.Entries ?? []) },
    });
    const answer = await taskEvent(byStream(accepted()));
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '30' } });
    expect(reports).toMatchObject([{ outcome: 'unavailable' }]);
  });

  it('gets a retry status while the Auth Token is unreadable or missing', async () => {
    const texts = ['', '[]', 'short', '["short"]', 'your_auth_token'];
    const denied = async () => Promise.reject(new Error('AccessDenied'));
    for (const readSecret of [denied, ...texts.map((text) => async () => text)]) {
      const { taskEvent, sent } = setUpWebhook({ readSecret });
      expect(await taskEvent(byCallback(accepted()))).toMatchObject({ statusCode: 503 });
      expect(sent).toEqual([]);
    }
  });

  it('counts each ticket that a Task names and does not show once, for any order of its events', async () => {
    const { events, writeOther } = setUpLinkedTask();
    for (const zd_ticket_id of ['77', '78']) writeOther({ zd_ticket_id });
    for (const ordered of [events, events.toReversed()]) {
      const { taskEvent, messages, reports } = setUpWebhook();
      await taskEvent(byStream(...ordered));
      expect(messages()).toHaveLength(1);
      expect(reports).toMatchObject([{ reconciles: 1, ticketsToLink: 2 }]);
    }
  });

  it('gives the reconcile of a Task that ends, if any of its events says so', async () => {
    const { store, task, accept, event, reservation } = setUpLinkedTask();
    accept('Ben');
    store.moveReservation(task, reservation, 'wrapping');
    const [wrapup, accepted] = [event('reservation.wrapup'), event('reservation.accepted')];
    const ending = { ...wrapup, task: { ...wrapup.task, status: 'wrapping' as const } };
    for (const ordered of [
      [ending, accepted],
      [accepted, ending],
    ]) {
      const { taskEvent, messages } = setUpWebhook();
      await taskEvent(byStream(...ordered));
      expect(messages()).toMatchObject([{ kind: 'reconcile', meta: { finishing: true } }]);
    }
  });

  it('brings a link back at once a few times, and later and later if it is removed each time', async () => {
    let now = 0;
    const { taskEvent, sent } = setUpWebhook({ writeBackoff: createWriteBackoff(() => now) });
    const { writeOther, event } = setUpAcceptedTask();
    writeOther({ zd_ticket_id: '77' });
    for (let time = 1; time <= 7; time += 1) await taskEvent(byCallback(event('task.updated')));
    const delays = sent.map(({ DelaySeconds }) => DelaySeconds);
    expect(delays).toEqual([0, 0, 0, 15, 30, 60, 120]);
    writeOther({ zd_ticket_id: '78' });
    await taskEvent(byCallback(event('task.updated')));
    expect(sent.at(-1)?.DelaySeconds).toBe(0);
    writeOther({ zd_ticket_id: '77' });
    now += 3_600_000;
    await taskEvent(byCallback(event('task.updated')));
    expect(sent.at(-1)?.DelaySeconds).toBe(0);
  });

  it('brings it at once for an event of a segment, however often', async () => {
    const { taskEvent, sent } = setUpWebhook({ writeBackoff: () => 900 });
    const { event } = setUpAcceptedTask({ zd_ticket_id: '77' });
    await taskEvent(byCallback(event('reservation.accepted')));
    expect(sent.map(({ DelaySeconds }) => DelaySeconds)).toEqual([0]);
  });

  it('is taken while the Auth Token is being rotated', async () => {
    const both = JSON.stringify(['e'.repeat(32), authToken]);
    expect(await statusOf(byCallback(accepted()), { readSecret: async () => both })).toBe(204);
  });

  it('is signed for the URL that Twilio calls, even if a proxy hides it', async () => {
    const publicUrl = 'https://crm.acme.example/from-twilio';
    const event = accepted();
    for (const request of [
      callbackRequest(event, publicUrl, authToken),
      eventStreamsRequest([event], publicUrl, authToken),
    ]) {
      const hidden = signedEvent({ ...request, url: request.url.replace(publicUrl, url) });
      expect(await statusOf(hidden, { publicUrl })).toBe(204);
      expect(await statusOf(hidden)).toBe(401);
    }
  });

  it('of Event Streams is none of a form without fields, whose signature would be the same', async () => {
    const { headers, ...stream } = byStream(accepted());
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
    expect(await statusOf({ ...stream, headers: form, body: '' })).toBe(401);
  });

  it('is taken without attributes and times: the Task itself has them', async () => {
    const { taskEvent, messages } = setUpWebhook();
    const event = accepted();
    const { type, data } = firstOfStream(event);
    const bare = [{ type, data: { payload: { task_sid: data.payload.task_sid } } }];
    expect(await taskEvent(signedStream(JSON.stringify(bare)))).toMatchObject({ statusCode: 204 });
    expect(messages()).toMatchObject([{ kind: 'reconcile', meta: { taskSid: event.task.sid } }]);
  });
});

const byForm = (event: ReturnType<typeof accepted>) => callbackRequest(event, url, authToken);
const byJson = (event: ReturnType<typeof accepted>) => eventStreamsRequest([event], url, authToken);

const signature = (text: string) => createHmac('sha1', authToken).update(text).digest('base64');

/** A form, signed as the event callback is. */
const signedForm = (fields: Record<string, string>) => {
  const sorted = Object.keys(fields).sort();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': signature(url + sorted.map((name) => name + fields[name]).join('')),
  };
  return signedEvent({ url, headers, body: new URLSearchParams(fields).toString() });
};

/** Any body, signed as Event Streams signs. */
const signedStream = (body: string) => {
  const signed = `${url}?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-twilio-signature': signature(signed) };
  return signedEvent({ url: signed, headers, body });
};

const firstOfStream = (event: ReturnType<typeof accepted>) => JSON.parse(byJson(event).body)[0];

/** The status that a new webhook responds with to a request. */
const statusOf = async (
  request: ReturnType<typeof signedEvent>,
  options: Parameters<typeof setUpWebhook>[0] = {},
) => (await setUpWebhook(options).taskEvent(request)).statusCode;

const fieldsOf = (body: string) => JSON.stringify([...new URLSearchParams(body)].sort());

/** A text with one of its characters replaced. */
const altered = (text: string) =>
  fc
    .tuple(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }))
    .map(([at, letter]) => text.slice(0, at) + letter + text.slice(at + 1));

const expectRejected = async (request: Parameters<typeof signedEvent>[0]): Promise<void> => {
  const { taskEvent, sent } = setUpWebhook();
  expect(await taskEvent(signedEvent(request))).toMatchObject({ statusCode: 401 });
  expect(sent).toEqual([]);
};

describe('the time of an event', () => {
  const fields = { EventType: 'reservation.accepted', TaskSid: `WT${'1'.repeat(32)}` };

  it.each([
    ['in milliseconds', { Timestamp: '7', TimestampMs: '1763890000123' }, 1763890000123],
    ['in seconds', { Timestamp: '1763890000' }, 1763890000000],
    ['when it came, if it has no time', {}, now],
    ['when it came, if its time is none', { Timestamp: 'noon' }, now],
  ])('is taken %s', async (_, time, occurredAt) => {
    const { taskEvent, messages } = setUpWebhook();
    await taskEvent(signedForm({ ...fields, ...time }));
    expect(messages()).toMatchObject([{ kind: 'reconcile', meta: { occurredAt } }]);
  });
});

describe('what is not Twilio’s', () => {
  const [form, stream] = [byForm(accepted()), byJson(accepted())];
  it.each([
    ['a form of which any field was altered', form, fieldsOf],
    ['JSON of which any byte was altered', stream, (body: string) => body],
  ])('is rejected: %s', async (_, request, readBody) => {
    await fc.assert(
      fc.asyncProperty(altered(request.body), async (body) => {
        fc.pre(readBody(body) !== readBody(request.body));
        await expectRejected({ ...request, body });
      }),
    );
  });

  it('is rejected: JSON whose hash is not in the signed URL', async () => {
    const { body, headers } = byJson(accepted());
    const { headers: signed } = byForm(accepted());
    const asJson = { ...headers, ...signed, 'Content-Type': 'application/json' };
    await expectRejected({ url, headers: asJson, body });
    await expectRejected({ url, headers, body });
  });

  it('is rejected: a request signed with another token, or for another URL', async () => {
    const event = accepted();
    await expectRejected(callbackRequest(event, url, 'e'.repeat(32)));
    const other = 'https://other.example.com/events';
    const elsewhere = eventStreamsRequest([event], other, authToken);
    await expectRejected({ ...elsewhere, url: elsewhere.url.replace(other, url) });
    await expectRejected({ ...callbackRequest(event, url, authToken), url: `${url}?more=1` });
  });

  const manyFields = Array.from({ length: 40_000 }, (_, index) => `${index}`).join('&');

  it.each([
    ['no signature', 400, { 'X-Twilio-Signature': '' }, '{}'],
    ['a type that is neither', 415, { 'Content-Type': 'text/plain' }, '{}'],
    ['far too much', 413, {}, 'x'.repeat(maxEventBodyBytes + 1)],
    ['a form of very many fields', 413, {}, manyFields],
    ['a form of one long field', 413, {}, `a=${'x'.repeat(300_000)}`],
  ])('is refused: %s', async (_, status, change, body) => {
    const headers = { ...byForm(accepted()).headers, ...change };
    expect(await statusOf(signedEvent({ url, headers, body }))).toBe(status);
  });

  it('is refused: a request to what is no host, and another method than POST', async () => {
    const event = byCallback(accepted());
    const { requestContext } = event;
    const noHost = { ...event, requestContext: { ...requestContext, domainName: 'a b' } };
    expect(await statusOf(noHost)).toBe(400);
    const http = { ...requestContext.http, method: 'GET' };
    const get = { ...event, requestContext: { ...requestContext, http } };
    expect(await setUpWebhook().taskEvent(get)).toMatchObject({
      statusCode: 405,
      headers: { allow: 'POST' },
    });
  });
});

describe('a request that Twilio signs with a SharedKey', () => {
  const sharedKey = 's'.repeat(40);
  const both = {
    sharedKeySecret: 'shared-key',
    readSecret: async (name: string) => (name === 'shared-key' ? sharedKey : authToken),
  };
  const signedWith = (key: string, settings: string | undefined, algorithm: string) => {
    const body = byJson(accepted()).body;
    const signedUrl = `${url}?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
    const headers = {
      'content-type': 'application/json',
      'x-twilio-signature': getExpectedTwilioSignature(key, signedUrl, {}, algorithm),
      ...(settings !== undefined && { 'X-Twilio-Webhooks-Signature-Settings': settings }),
    };
    return signedEvent({ url: signedUrl, headers, body });
  };
  const settingsOf = (algorithm: string) => `key=webhooks_sharedkey_01,algorithm=${algorithm}`;
  const [sha1, sha256] = ['HMAC_SHA1', 'HMAC_SHA256'] as const;
  const [by1, by256, by3] = [settingsOf(sha1), settingsOf(sha256), settingsOf('SHA3')];
  const anotherKey = 'k'.repeat(40);
  const keyIsAnId = { ...both, readSecret: async () => 'webhooks_sharedkey_01' };

  it.each([
    ['accepted with its key', 204, sharedKey, by256, sha256, both, []],
    ['accepted with SHA-1', 204, sharedKey, by1, sha1, both, []],
    ['accepted from the Auth Token without the header', 204, authToken, undefined, sha1, both, []],
    ['rejected with another key', 401, anotherKey, by256, sha256, both, 'signature'],
    ['rejected from the Auth Token', 401, authToken, by256, sha256, both, 'signature'],
    ['rejected if the header was taken out', 401, sharedKey, undefined, sha256, both, 'signature'],
    ['rejected by another algorithm', 401, sharedKey, by1, sha256, both, 'signature'],
    ['to be sent again without a key', 429, sharedKey, by256, sha256, {}, 'shared-key'],
    ['to be sent again by a new hash', 429, sharedKey, by3, sha256, both, 'shared-key'],
    ['to be sent again while the key is an id', 503, sharedKey, by256, sha256, keyIsAnId, []],
  ] as const)('is %s', async (_what, status, key, settings, algorithm, options, reason) => {
    const { taskEvent, sent, reports } = setUpWebhook(options);
    const answer = await taskEvent(signedWith(key, settings, algorithm));
    expect([answer.statusCode, sent.length]).toEqual([status, status === 204 ? 1 : 0]);
    expect(reports[0]?.reasons ?? []).toEqual([reason].flat());
    expect(answer.body).not.toMatch(/signature|shared/i);
  });
});

describe('an event that cannot be read', () => {
  it('is refused by field, with those that can be on the queue', async () => {
    const good = firstOfStream(accepted());
    const { taskEvent, messages, reports } = setUpWebhook();
    const bad = { ...good, data: { payload: { ...good.data.payload, task_sid: 'WT1' } } };
    const answer = await taskEvent(signedStream(JSON.stringify([bad, good, { no: 'type' }])));
    expect(answer.statusCode).toBe(422);
    expect(JSON.parse(answer.body ?? '')).toMatchObject({
      problems: [{ field: '[0].data.payload.task_sid' }, { field: '[2].type' }],
    });
    expect(messages()).toHaveLength(1);
    expect(reports).toMatchObject([{ outcome: 'invalid', reconciles: 1 }]);
  });

  it.each([
    ['7', 422],
    ['"text"', 422],
    ['null', 422],
    ['[{', 400],
  ])('is refused as a whole if the body is %s', async (body, status) => {
    expect(await statusOf(signedStream(body))).toBe(status);
  });

  it('is taken by itself as well as in a list', async () => {
    const { taskEvent, messages } = setUpWebhook();
    const alone = signedStream(JSON.stringify(firstOfStream(accepted())));
    expect(await taskEvent(alone)).toMatchObject({ statusCode: 204 });
    expect(messages()).toHaveLength(1);
  });
});

describe('what is logged and queued', () => {
  it('holds nothing of the attributes', async () => {
    const { taskEvent, sent, reports } = setUpWebhook();
    const event = accepted();
    await taskEvent(byCallback(event));
    await taskEvent(byStream(event));
    await taskEvent(signedStream(`[{"type":"${secretName}","data":"${secretName}"}]`));
    await taskEvent(signedStream(`{"${secretName}`));
    expect(JSON.stringify([sent, reports])).not.toContain(secretName);
  });

  it('counts values that are no ids, shown with their Task, and never holds them', async () => {
    const { taskEvent, sent, reports } = setUpWebhook();
    const noIds = { zd_ticket_id: 'Jane Doe', salesforce: { caseId: '078-05-1120' } };
    const { task, event } = setUpAcceptedTask(noIds);
    await taskEvent(byStream(event('reservation.accepted')));
    const report = { outcome: 'ignored' as const, invalidIds: 2, tasks: [task.sid] };
    expect([sent, reports]).toMatchObject([[], [report]]);
    expect(JSON.stringify(reports)).not.toMatch(/Jane Doe|078-05-1120/);

    const metrics = new Metrics({ namespace: 'test' });
    const addMetric = vi.spyOn(metrics, 'addMetric');
    vi.spyOn(metrics, 'publishStoredMetrics').mockReturnValue(metrics);
    const info = vi.fn();
    const log = createTaskEventLog(
      { debug: vi.fn(), info, warn: vi.fn(), error: vi.fn() },
      metrics,
    );
    for (const entry of reports) log(entry);
    expect(info.mock.calls).toEqual([['task-event ignored', expect.objectContaining(report)]]);
    expect(addMetric).toHaveBeenCalledWith('InvalidTicketIds', 'Count', 2);
  });
});
