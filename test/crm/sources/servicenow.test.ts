import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { servicenow } from '../../../shared/crm/sources/servicenow.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import {
  callSid,
  conversationSid,
  fixture,
  json,
  standardSecret as secret,
  setUpWebhook,
  taskSid,
} from '../../crm-change/webhook.ts';
import { apiGatewayEvent } from '../../http/webhook.ts';
import { notES5 } from './es5.ts';
import {
  type Columns,
  type InstanceOptions,
  type Operation,
  type Sent,
  servicenowInstance,
} from './servicenow-instance.ts';

const sysId = '9d385017c611228701d22104cc95c371';
const startsAt = Date.parse('2026-11-22T09:30:01Z');
const endpoint = 'https://api.example.com/webhooks/incidents';

const incident: Columns = {
  sys_id: sysId,
  number: 'INC0010001',
  sys_mod_count: '7',
  sys_updated_on: '2026-11-22 09:30:00',
  u_twilio_sid: callSid,
  short_description: 'PHI chest pain since Monday',
  caller_id: 'PHI Jane Doe',
};

const open = (options: Partial<InstanceOptions> = {}) =>
  servicenowInstance({
    properties: {
      'crm_media_sync.endpoint.incident': endpoint,
      'crm_media_sync.credential_alias': 'alias',
      'crm_media_sync.sid_field': 'u_twilio_sid',
    },
    credentials: { alias: secret },
    encoding: 'utf8',
    answer: () => ({ status: 202 }),
    startsAt,
    ...options,
  });

type Instance = ReturnType<typeof open>;

/** Our response to a request, and the messages on the queue. */
const receive = async ({ headers, body, endpoint: url }: Sent, now: number) => {
  const { crmChange, changes } = setUpWebhook({
    sources: {
      incidents: {
        kind: 'servicenow',
        ticketUrl: 'https://acme.service-now.com/nav_to.do?uri=incident.do?sys_id={id}',
        taskAttribute: 'incident',
        titleFromCrm: true,
        secret: 'incidents-secret',
      },
    },
    secrets: { 'incidents-secret': secret },
    now,
  });
  const { pathname: path } = new URL(url);
  const request = { path, headers: Object.fromEntries(headers), isBase64Encoded: true };
  const { statusCode } = await crmChange(apiGatewayEvent(body.toString('base64'), request));
  return { statusCode, messages: changes() };
};

/** The last request that left an instance. */
const lastOf = ({ sent }: Instance): Sent => {
  const last = sent.at(-1);
  if (last === undefined) throw new Error('nothing was sent');
  return last;
};

const bodyOf = (instance: Instance) => json(lastOf(instance).body.toString());

const normalise = (payload: unknown, ticketId: 'sys_id' | 'number' = 'sys_id') =>
  servicenow.normalise(payload, { ticketId });

describe.each(['utf8', 'latin1'] as const)(
  'the scripts that we publish, where text is %s',
  (encoding) => {
    it.each([
      ['insert', 'inserted', { sys_mod_count: '0', u_twilio_sid: null }, undefined],
      ['update', 'updated', {}, incident],
      ['update', 'moved', { sys_mod_count: '8', u_twilio_sid: taskSid }, incident],
      [
        'update',
        'sid_emptied',
        { sys_mod_count: '9', u_twilio_sid: '' },
        { ...incident, u_twilio_sid: taskSid },
      ],
      ['delete', 'deleted', {}, undefined],
    ] as const)(
      'send for an %s the body of %s.json, and the webhook accepts it',
      async (operation, file, changes, before) => {
        const expected = json(fixture(`servicenow/${file}.json`));
        const updatedOn = String(expected['sys_updated_on']).replace('T', ' ').replace('Z', '');
        const instance = open({ encoding });
        const columns = { ...incident, ...changes, sys_updated_on: updatedOn };
        instance.save('incident', operation, columns, before);
        instance.advanceMinutes();

        expect(bodyOf(instance)).toEqual(expected);
        expect(lastOf(instance)).toMatchObject({ endpoint, method: 'POST' });
        const { statusCode, messages } = await receive(lastOf(instance), instance.now());
        expect(statusCode).toBe(202);
        const version = messages.at(-1)?.version;
        expect(version).toBe(expected['sys_mod_count']);
        expect(instance.logged).toEqual([]);
      },
    );

    it('sign text beyond ASCII so that it arrives as it was', async () => {
      const instance = open({ encoding });
      instance.save('incident', 'update', { ...incident, number: 'ÎNC-№7 😀' }, incident);
      instance.advanceMinutes();
      const { statusCode, messages } = await receive(lastOf(instance), instance.now());
      expect(statusCode).toBe(202);
      expect(messages).toMatchObject([{ link: { title: 'ÎNC-№7 😀' } }]);
    });
  },
);

describe('the business rule', () => {
  it('lets nothing out but the fields it needs', () => {
    const instance = open();
    instance.save('incident', 'update', incident, incident);
    expect(JSON.stringify(instance.events())).not.toMatch(/PHI/);
    instance.advanceMinutes();
    expect(lastOf(instance).body.toString()).not.toMatch(/PHI/);
  });

  it.each([
    ['PHI called twice'],
    [`${callSid} PHI`],
    ['CA123'],
    [`SM${'a'.repeat(32)}`],
    ['null'],
    [null],
  ])('lets nothing out of the column for a SID but SIDs: not %j', (text) => {
    const instance = open();
    const written = { ...incident, u_twilio_sid: text };
    instance.save('incident', 'update', written, written);
    instance.advanceMinutes();
    expect(bodyOf(instance)).toMatchObject({ sid: '', previous_sid: '' });
  });

  it('finds a SID with spaces around it', () => {
    const instance = open();
    instance.save('incident', 'insert', { ...incident, u_twilio_sid: ` ${conversationSid}\n` });
    instance.advanceMinutes();
    expect(bodyOf(instance)).toMatchObject({ sid: conversationSid });
  });

  it('needs no column for a SID', () => {
    const properties = {
      'crm_media_sync.endpoint.incident': endpoint,
      'crm_media_sync.credential_alias': 'alias',
    };
    const instance = open({ properties });
    instance.save('incident', 'update', incident, incident);
    instance.advanceMinutes();
    expect(bodyOf(instance)).toMatchObject({ sid: '', previous_sid: '' });
  });

  it('works for a table without numbers', () => {
    const instance = open();
    instance.save('incident', 'insert', { ...incident, number: null });
    instance.advanceMinutes();
    expect(bodyOf(instance)).toMatchObject({ number: '' });
  });

  it('keeps an event’s parameter under 255 characters, whatever ServiceNow would take', () => {
    const instance = open();
    const longest = { ...incident, number: 'CS'.padEnd(40, '0'), sys_mod_count: '123456' };
    instance.save('sn_customerservice_case', 'update', longest, incident);
    const [event] = instance.events();
    expect(event?.parm1.length).toBeLessThan(255);
  });

  it('tells each table’s endpoint apart', () => {
    const instance = open({
      properties: {
        'crm_media_sync.endpoint.incident': endpoint,
        'crm_media_sync.endpoint.sn_customerservice_case': 'https://api.example.com/webhooks/cases',
        'crm_media_sync.credential_alias': 'alias',
      },
    });
    instance.save('sn_customerservice_case', 'insert', incident);
    instance.advanceMinutes();
    expect(lastOf(instance).endpoint).toBe('https://api.example.com/webhooks/cases');
  });
});

describe('the script action', () => {
  const minutesBetween = (times: readonly number[]) =>
    times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 60_000);

  /** Lets the queue work for a day, minute by minute, and tells when it sent. */
  const aDay = (options: Partial<InstanceOptions>, operation: Operation = 'update') => {
    const instance = open(options);
    const times: number[] = [];
    instance.save('incident', operation, incident, operation === 'update' ? incident : undefined);
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      instance.advanceMinutes(minute === 0 ? 0 : 1);
      if (instance.sent.length > times.length) times.push(instance.now());
    }
    return { instance, times };
  };

  it.each([
    ['503', { status: 503 }],
    ['500', { status: 500 }],
    ['429', { status: 429 }],
    ['no status', { status: 0 }],
    ['nothing', 'no answer'],
  ] as const)(
    'tries again with growing waits for hours where it is answered %s',
    (_what, answer) => {
      const { instance, times } = aDay({ answer: () => answer });
      expect(minutesBetween(times)).toEqual([1, 2, 5, 10, 30, 60, 120, 240]);
      expect(instance.events()).toEqual([]);
      expect(instance.logged.map(({ level }) => level)).toEqual([
        ...Array.from({ length: 8 }, () => 'warn'),
        'error',
      ]);
    },
  );

  it.each([200, 202])('is done after %i', (status) => {
    const { instance, times } = aDay({ answer: () => ({ status }) });
    expect(times).toHaveLength(1);
    expect(instance.logged).toEqual([]);
  });

  it.each([302, 400, 401, 404, 413, 422])('gives up after %i and says so in the log', (status) => {
    const body = '{"problems":[{"field":"sid","problem":"must be empty"}]}';
    const { instance, times } = aDay({ answer: () => ({ status, body }) });
    expect(times).toHaveLength(1);
    expect(instance.logged).toMatchObject([{ level: 'error' }]);
    expect(instance.logged[0]?.text).toContain(`status ${status} ${body}`);
    expect(instance.logged[0]?.text).toContain(`update ${sysId} 7`);
  });

  it('brings a deletion through when it fails at first', async () => {
    let answers = 0;
    const answer = () => {
      answers += 1;
      return answers < 3 ? ('no answer' as const) : { status: 202 };
    };
    const { instance, times } = aDay({ answer }, 'delete');
    expect(times).toHaveLength(3);
    const { statusCode, messages } = await receive(lastOf(instance), times.at(-1) ?? 0);
    expect(statusCode).toBe(202);
    expect(messages).toMatchObject([
      { ticket: `incidents/${sysId}`, version: '7', link: null, correlation: { callSid } },
    ]);
  });

  it('signs each try anew, so that the last is as good as the first, under the same id', async () => {
    const { instance, times } = aDay({ answer: () => ({ status: 503 }) });
    const ids = new Set(instance.sent.map(({ headers }) => headers.get('webhook-id')));
    expect(ids).toEqual(new Set([`msg_update_${sysId}_7`]));
    for (const [index, sent] of instance.sent.entries()) {
      expect((await receive(sent, times[index] ?? 0)).statusCode).toBe(202);
    }
    const [first] = instance.sent;
    expect(first && (await receive(first, times.at(-1) ?? 0)).statusCode).toBe(401);
  });

  it.each([
    ['no endpoint', { properties: { 'crm_media_sync.credential_alias': 'alias' } }],
    ['no alias', { properties: { 'crm_media_sync.endpoint.incident': endpoint } }],
  ])('sends nothing with %s, and waits until somebody sets it', (_what, options) => {
    const { instance, times } = aDay(options);
    expect(times).toEqual([]);
    expect(instance.logged.at(-1)).toMatchObject({ level: 'error' });
    expect(instance.logged[0]?.text).toContain('a system property is not set');
  });

  it('makes signatures that the webhook rejects if it has another secret', async () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    const instance = open({ credentials: { alias: other } });
    instance.save('incident', 'insert', incident);
    instance.advanceMinutes();
    expect((await receive(lastOf(instance), instance.now())).statusCode).toBe(401);
  });

  it('takes the secret with its prefix or without', async () => {
    const instance = open({ credentials: { alias: secret.replace('whsec_', '') } });
    instance.save('incident', 'insert', incident);
    instance.advanceMinutes();
    expect((await receive(lastOf(instance), instance.now())).statusCode).toBe(202);
  });

  it('never writes the secret, nor anything of a person, into the log', () => {
    const { instance } = aDay({ answer: () => 'no answer' });
    const log = JSON.stringify(instance.logged);
    expect(log).not.toMatch(/PHI/);
    expect(log).not.toContain(secret.replace('whsec_', ''));
  });
});

describe('the published files', () => {
  const docs = new URL('../../../docs/sources/', import.meta.url);
  const read = (name: string) => readFileSync(new URL(name, docs), 'utf8');
  const scripts = ['servicenow-business-rule.js', 'servicenow-script-action.js'];

  it.each(scripts)('%s is ES5, which is what ServiceNow runs in the global scope', (name) => {
    expect(notES5(read(name))).toEqual([]);
  });

  it.each(['let a', 'f(() => 1)', '`a`', 'f(...a)', 'a?.b', 'a ?? b', 'f(a,)', 'try {} catch {}'])(
    '%s would be noticed',
    (script) => {
      expect(notES5(script)).not.toEqual([]);
    },
  );

  it('are named by the page, with every system property that they read', () => {
    const page = read('servicenow.md');
    for (const name of scripts) expect(page).toContain(`](${name})`);
    const code = scripts.map(read).join('');
    for (const [property] of code.matchAll(/crm_media_sync\.(?!send)[a-z_]+/g)) {
      expect(page).toContain(property);
    }
  });

  it('show a body on the page that the webhook accepts', () => {
    const [, body = ''] = /```json\n([\s\S]*?)```/.exec(read('servicenow.md')) ?? [];
    expect(normalise(json(body))).toMatchObject([{ kind: 'present' }]);
  });
});

describe('a record of ServiceNow', () => {
  const record = (changes: { [field: string]: unknown } = {}) => ({
    ...json(fixture('servicenow/updated.json')),
    ...changes,
  });
  const problems = (payload: unknown, ticketId?: 'sys_id' | 'number') => {
    try {
      normalise(payload, ticketId);
    } catch (error) {
      if (error instanceof HttpError) return error.problems;
      throw error;
    }
    return [];
  };
  const fields = (...args: Parameters<typeof problems>) =>
    problems(...args).map(({ field }) => field);

  it('is known by its sys_id, or by its number where the source says so', () => {
    expect(normalise(record())).toMatchObject([{ id: sysId, title: 'INC0010001' }]);
    expect(normalise(record(), 'number')).toMatchObject([{ id: 'INC0010001' }]);
  });

  it('needs a number only where that is what it is known by', () => {
    expect(normalise(record({ number: '' }))).toMatchObject([{ id: sysId, title: undefined }]);
    expect(fields(record({ number: '' }), 'number')).toEqual(['number']);
    expect(fields(record({ number: 'INC 1' }), 'number')).toEqual(['number']);
  });
});
