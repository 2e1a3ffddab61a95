import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Columns, InstanceOptions, Operation } from '../../../fixtures/servicenow/instance.ts';
import { servicenow as source } from '../../../shared/crm/sources/servicenow.ts';
import { callSid, conversationSid, fixture, json, taskSid } from '../../crm-change/webhook.ts';
import { fieldsOf } from '../problems.ts';
import { isES5 } from './es5.ts';
import { lastOf } from './published-sender.ts';
import {
  endpoint,
  incident,
  properties,
  receiveFromServicenow as receive,
  servicenow,
  sysId,
} from './servicenow.ts';

const normalise = (payload: unknown, ticketId: 'sys_id' | 'number' = 'sys_id') =>
  source.normalise(payload, { ticketId });

/** An instance in which somebody has saved an incident with these columns. */
const saved = (
  columns: Columns = {},
  { operation = 'update' as Operation, before = incident as Columns } = {},
  options: Partial<InstanceOptions> = {},
) => {
  const instance = servicenow(options);
  const previous = operation === 'update' ? before : undefined;
  instance.save('incident', operation, { ...incident, ...columns }, previous);
  instance.advanceMinutes();
  return { instance, body: json(lastOf(instance).body.toString()) };
};

describe.each(['utf8', 'latin1'] as const)(
  'the scripts that we publish, if text is %s',
  (encoding) => {
    it.each([
      ['insert', 'inserted', { sys_mod_count: '0', u_twilio_sid: null }, {}],
      ['update', 'updated', {}, incident],
      ['update', 'moved', { sys_mod_count: '8', u_twilio_sid: taskSid }, incident],
      [
        'update',
        'sid_emptied',
        { sys_mod_count: '9', u_twilio_sid: '' },
        { ...incident, u_twilio_sid: taskSid },
      ],
      ['delete', 'deleted', {}, {}],
    ] as const)(
      'send for an %s the body of %s.json, and the webhook accepts it',
      async (operation, file, changes, before) => {
        const expected = json(fixture(`servicenow/${file}.json`));
        const version = expected['sys_mod_count'];
        const updatedOn = String(expected['sys_updated_on']).replace('T', ' ').replace('Z', '');
        const columns = { ...changes, sys_updated_on: updatedOn };
        const { instance, body } = saved(columns, { operation, before }, { encoding });
        expect(body).toEqual(expected);
        expect(lastOf(instance)).toMatchObject({ url: endpoint, method: 'POST' });
        const messageId = lastOf(instance).headers.get('webhook-id');
        expect(messageId).toBe(`msg_${operation}_${sysId}_${version}`);
        const { statusCode, messages } = await receive(lastOf(instance), instance.now());
        expect(statusCode).toBe(202);
        expect(messages.at(-1)?.version).toBe(version);
        expect(instance.logged).toEqual([]);
      },
    );

    it('sign text beyond ASCII so that it arrives as it was', async () => {
      const { instance } = saved({ number: 'ÎNC-№7 😀' }, {}, { encoding });
      const { statusCode, messages } = await receive(lastOf(instance), instance.now());
      expect(statusCode).toBe(202);
      expect(messages).toMatchObject([{ link: { title: 'ÎNC-№7 😀' } }]);
    });
  },
);

describe('the business rule', () => {
  it.each(['PHI called twice', `${callSid} PHI`, 'CA123', `SM${'a'.repeat(32)}`, 'null', null])(
    'sends only a SID from the column for SIDs: not %j',
    (text) => {
      const written = { ...incident, u_twilio_sid: text };
      expect(saved(written, { before: written }).body).toMatchObject({ sid: '', previous_sid: '' });
    },
  );

  it('finds a SID with spaces around it', () => {
    const { body } = saved({ u_twilio_sid: ` ${conversationSid}\n` });
    expect(body).toMatchObject({ sid: conversationSid });
  });

  it('needs no column for SIDs, and no numbers', () => {
    expect(saved({}, {}, { properties }).body).toMatchObject({ sid: '', previous_sid: '' });
    expect(saved({ number: null }).body).toMatchObject({ number: '' });
  });

  it('puts only the fields it needs into an event, in less than 255 characters', () => {
    const instance = servicenow();
    const longest = { ...incident, number: 'CS'.padEnd(40, '0'), sys_mod_count: '123456' };
    instance.save('sn_customerservice_case', 'update', longest, incident);
    const [event] = instance.events();
    expect(event?.parm1.length).toBeLessThan(255);
    expect(JSON.stringify(event)).not.toMatch(/PHI/);
  });

  it('sends each table’s records to its own endpoint', () => {
    const url = 'https://api.example.com/webhooks/cases';
    const cases = { ...properties, 'crm_media_sync.endpoint.sn_customerservice_case': url };
    const instance = servicenow({ properties: cases });
    instance.save('sn_customerservice_case', 'insert', incident);
    instance.advanceMinutes();
    expect(lastOf(instance).url).toBe(url);
  });

  it.each(Object.keys(properties))('sends nothing without %s, and tries again', (name) => {
    const others = Object.entries(properties).filter(([other]) => other !== name);
    const instance = servicenow({ properties: Object.fromEntries(others) });
    instance.save('incident', 'update', incident, incident);
    for (let minute = 0; minute < 24 * 60; minute += 1) instance.advanceMinutes(1);
    expect(instance.sent).toEqual([]);
    expect(instance.logged.at(-1)).toMatchObject({ level: 'error' });
    expect(instance.logged[0]?.text).toContain('a system property is not set');
    expect(instance.logged.length).toBeGreaterThan(1);
  });
});

describe('the published files', () => {
  const docs = new URL('../../../docs/sources/', import.meta.url);
  const read = (name: string) => readFileSync(new URL(name, docs), 'utf8');
  const scripts = ['servicenow-business-rule.js', 'servicenow-script-action.js'];

  it.each(scripts)('%s is ES5, which is what ServiceNow runs in the global scope', (name) => {
    expect(isES5(read(name))).toBe(true);
  });

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

it('a record of ServiceNow needs a number only if it is known by its number', () => {
  const numbered = (number: string) => ({ ...json(fixture('servicenow/updated.json')), number });
  expect(normalise(numbered(''))).toMatchObject([{ id: sysId, title: undefined }]);
  expect(fieldsOf(() => normalise(numbered(''), 'number'))).toEqual(['number']);
});
