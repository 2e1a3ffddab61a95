import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crm } from '../../../fixtures/jira/crm.ts';
import { readPayload } from '../../../fixtures/load.ts';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { hubSignature } from '../../../shared/crm/signing/hmac.ts';
import { jira } from '../../../shared/crm/sources/jira.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import type { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { callSid, conversationSid, noSids, taskSid } from '../../crm-change/webhook.ts';
import { applyChanges } from '../apply-changes.ts';
import { fieldsOf, problemsOf } from '../problems.ts';

const sidField = 'customfield_10101';
const otherCallSid = `CA${'d'.repeat(32)}`;

interface Item {
  readonly [field: string]: unknown;
}
interface Event {
  readonly timestamp: number;
  readonly issue: { readonly key: string; readonly fields: Record<string, unknown> };
  readonly changelog: { readonly items: readonly Item[] };
  readonly [field: string]: unknown;
}

/** A payload file with other fields of the event, of the issue and of the change log. */
const event = (
  name: string,
  {
    fields,
    items,
    key,
    ...rest
  }: { fields?: object | null; items?: unknown; key?: unknown; [field: string]: unknown } = {},
) => {
  const base: Event = JSON.parse(readPayload('jira', `${name}.json`).toString());
  return {
    ...base,
    ...(items !== undefined && { changelog: { id: '1', items } }),
    ...rest,
    issue: {
      ...base.issue,
      ...(key !== undefined && { key }),
      fields: fields === null ? null : { ...base.issue.fields, ...fields },
    },
  };
};

const normalise = (body: unknown, settings: object = { sidField }) =>
  jira.normalise(body, settings);

const problems = (body: unknown) => problemsOf(() => normalise(body));
const fields = (body: unknown) => fieldsOf(() => normalise(body));

describe("Jira's signature", () => {
  const secret = 'a secret of a Jira webhook';
  const now = Date.parse('2026-11-23T09:30:00Z');
  const isIn = (body: Buffer, headers: Record<string, string>, at = now, secrets = [secret]) =>
    jira.authenticate(
      {
        method: 'POST',
        url: 'https://api.example.com/webhooks/jira',
        pathToken: undefined,
        headers: new Map(Object.entries(headers)),
        body,
      },
      secrets,
      at,
      {},
    );
  const signed = (body: Buffer) => ({ 'x-hub-signature': hubSignature('sha256', secret, body) });
  const sentAt = (timestamp: unknown) =>
    Buffer.from(JSON.stringify({ ...event('updated'), timestamp }));
  const isSentIn = (timestamp: unknown) => isIn(sentAt(timestamp), signed(sentAt(timestamp)));

  it.each([
    // https://developer.atlassian.com/cloud/jira/platform/webhooks/, its own example
    [
      "It's a Secret to Everybody",
      'Hello World!',
      'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9',
    ],
    // https://www.rfc-editor.org/rfc/rfc4231#section-4.3
    [
      'Jefe',
      'what do ya want for nothing?',
      'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
  ])('agrees with the published answer for the secret %j', (published, text, expected) => {
    const body = Buffer.from(text);
    expect(hubSignature('sha256', published, body)).toBe(expected);
    expect(isIn(body, { 'x-hub-signature': expected }, now, [published])).toBe(true);
    expect(isIn(Buffer.from(`${text}\n`), { 'x-hub-signature': expected }, now, [published])).toBe(
      false,
    );
  });

  it('is one of sha256, in lower-case hexadecimal digits, sent once', () => {
    const body = sentAt(now);
    const right = hubSignature('sha256', secret, body);
    const hex = right.slice('sha256='.length);
    const wrong = [
      '',
      hex,
      `sha256=${hex.toUpperCase()}`,
      `SHA256=${hex}`,
      `sha256:${hex}`,
      `sha256= ${hex}`,
      `sha1=${hex}`,
      `sha256=${Buffer.from(hex, 'hex').toString('base64')}`,
      hubSignature('sha1', secret, body),
      `${right},${right}`,
      `${right}, ${right}`,
    ];
    expect(isIn(body, { 'x-hub-signature': right })).toBe(true);
    expect(wrong.filter((value) => isIn(body, { 'x-hub-signature': value }))).toEqual([]);
    expect(isIn(body, { 'x-hub-signature-256': right })).toBe(false);
  });

  it('is worth something for a day, and for five minutes before its time', () => {
    const day = 24 * 60 * 60_000;
    expect(isSentIn(now - day)).toBe(true);
    expect(isSentIn(now - day - 1)).toBe(false);
    expect(isSentIn(now + 5 * 60_000)).toBe(true);
    expect(isSentIn(now + 5 * 60_000 + 1)).toBe(false);
  });

  it('of a body that tells no time is right, so that the body can be refused by name', () => {
    const notJson = Buffer.from('{"timestamp":');
    expect(isIn(notJson, signed(notJson))).toBe(true);
    expect(isIn(notJson, signed(sentAt(now)))).toBe(false);
    for (const timestamp of [undefined, null, String(now), 1.5, -1]) {
      expect(isSentIn(timestamp)).toBe(true);
      expect(fields(event('updated', { timestamp }))).toEqual(['timestamp']);
    }
  });
});

describe('an issue event of Jira', () => {
  it.each([
    ['2009-12-16T23:46:10.612-0600', '1261028770612'],
    ['2009-12-17T05:46:10.612+0000', '1261028770612'],
    ['2009-12-17T05:46:10.612Z', '1261028770612'],
  ])('of an issue updated at %s has that millisecond as its version', (updated, version) => {
    expect(normalise(event('updated', { fields: { updated } }))).toMatchObject([{ version }]);
  });

  it('has the moment of the event as its version where the issue does not tell when', () => {
    const version = '1736352945610';
    expect(normalise(event('updated', { fields: { updated: null } }))).toMatchObject([{ version }]);
    expect(normalise(event('updated', { fields: null }))).toMatchObject([{ version }]);
  });

  it('of a deletion is newer than every update before it', () => {
    const [update] = normalise(event('updated'));
    const [deletion] = normalise(event('deleted'));
    expect(update).toMatchObject({ kind: 'present', version: '1736352945214' });
    expect(deletion).toMatchObject({ kind: 'removed', version: '1736356000176' });
  });

  it.each([
    'comment_created',
    'comment_updated',
    'worklog_created',
    'issuelink_created',
    'jira:version_released',
    'jira:issue_',
    'issue_updated',
    'JIRA:ISSUE_UPDATED',
    'toString',
    '',
  ])('is not what %j is: that is ignored', (webhookEvent) => {
    expect(normalise({ webhookEvent })).toEqual([
      { kind: 'ignored', reason: 'not an issue event' },
    ]);
  });

  it.each([
    ['no key', { key: null }, ['issue.key']],
    ['a key that could be a path', { key: '..' }, ['issue.key']],
    ['a key with a slash', { key: 'SUP/42' }, ['issue.key']],
    ['a key that is a number', { key: 42 }, ['issue.key']],
    ['no issue', { issue: undefined }, ['issue']],
    ['an update that is no time', { fields: { updated: 'now' } }, ['issue.fields.updated']],
    ['an update in milliseconds', { fields: { updated: 1 } }, ['issue.fields.updated']],
    ['fields that are none', { issue: { key: 'SUP-42', fields: [] } }, ['issue.fields']],
    ['no timestamp', { timestamp: undefined }, ['timestamp']],
    ['a timestamp beyond 2^53', { timestamp: 2n ** 60n }, ['timestamp']],
    ['all of it wrong', { timestamp: 'x', key: 'a b' }, ['timestamp', 'issue.key']],
  ])('with %s is refused by the name of the field', (_what, changes, expected) => {
    const { issue, ...rest } = changes as { issue?: unknown };
    const body = event('updated', rest);
    expect(fields('issue' in changes ? { ...body, issue } : body)).toEqual(expected);
  });

  it.each([[null], [[]], ['text'], [7], [{}], [{ webhookEvent: 7 }]])('is not %j', (body) => {
    expect(fields(body)).not.toBe('none');
  });

  it('is never quoted when it is refused', () => {
    const body = event('updated', {
      key: 'Jane Doe',
      timestamp: 'Jane Doe',
      fields: { updated: 'Jane Doe' },
    });
    expect(fields(body)).toHaveLength(3);
    expect(JSON.stringify(problems(body))).not.toMatch(/Jane/);
  });
});

describe('the conversation of a Jira issue', () => {
  const logged = (from: unknown, to: unknown, fieldId = sidField): Item => ({
    field: 'Twilio SID',
    fieldtype: 'custom',
    fieldId,
    from: null,
    fromString: from,
    to: null,
    toString: to,
  });
  const holding = (value: unknown, items: unknown = []) =>
    normalise(event('updated', { fields: { [sidField]: value }, items }));

  it.each([
    ['a Task', taskSid, { taskSid }],
    ['a call', ` ${callSid}\n`, { callSid }],
    ['a conversation', conversationSid, { conversationSid }],
    ['none where the field is null', null, {}],
    ['none where it holds something else', 'ERP-17', {}],
    ['none where it is no text', { value: taskSid }, {}],
  ])('is %s', (_what, value, sids) => {
    expect(holding(value)).toMatchObject([{ kind: 'present', sids }]);
  });

  it('is not in another field, nor in any when none is set', () => {
    const elsewhere = event('updated', { fields: { customfield_10102: taskSid } });
    expect(normalise(elsewhere)).toMatchObject([{ sids: noSids }]);
    expect(normalise(event('sid_replaced'), {})).toMatchObject([{ kind: 'present', sids: noSids }]);
  });

  it('is told by the log where the issue comes without the field', () => {
    const body = (items: readonly Item[]) => event('updated', { fields: null, items });
    expect(normalise(body([logged(null, callSid)]))).toMatchObject([{ sids: { callSid } }]);
    expect(normalise(body([{ ...logged(null, null), to: callSid }]))).toMatchObject([
      { sids: { callSid } },
    ]);
  });

  it('changes: gone from the old one, and the new one wins', () => {
    const moved = [
      { kind: 'removed', sids: { callSid }, version: '1736352945213', moved: true },
      { kind: 'present', sids: { taskSid }, version: '1736352945214', alone: true },
    ];
    expect(holding(taskSid, [logged(callSid, taskSid)])).toMatchObject(moved);
    expect(holding(taskSid, [{ ...logged(null, taskSid), from: callSid }])).toMatchObject(moved);
  });

  it('is the one that the issue has, where its log tells of a change on the way there', () => {
    expect(holding(otherCallSid, [logged(callSid, taskSid)])).toMatchObject([
      { kind: 'removed', sids: { callSid } },
      { kind: 'present', sids: { callSid: otherCallSid } },
    ]);
  });

  const issue = { id: 'SUP-42', occurredAt: 1736352945610 };
  const left = [
    { ...issue, kind: 'removed', sids: { callSid }, version: '1736352945213', moved: true },
    { ...issue, kind: 'present', sids: {}, version: '1736352945214', alone: true },
  ];

  it('is left when its SID is emptied out; then only taskAttribute can name one', () => {
    expect(holding(null, [logged(callSid, null)])).toEqual(left);
    expect(holding('n/a', [logged(callSid, 'n/a')])).toEqual(left);
  });

  it('is read from a log whose change has no key "toString"', () => {
    const { toString: _, ...item } = logged(callSid, null);
    expect(Object.hasOwn(item, 'toString')).toBe(false);
    expect(holding(null, [item])).toEqual(left);
    expect(normalise(event('updated', { fields: null, items: [item] }))).toMatchObject([
      { kind: 'removed', sids: { callSid } },
      { kind: 'present' },
    ]);
    expect(holding(taskSid, [{}])).toMatchObject([{ kind: 'present', sids: { taskSid } }]);
  });

  it('stays with what another field of the log tells', () => {
    const items = [logged(callSid, taskSid, 'customfield_10102'), logged('', otherCallSid, 'x')];
    expect(holding(taskSid, items)).toMatchObject([{ kind: 'present', sids: { taskSid } }]);
  });

  it('does not depend on a change log of another shape', () => {
    fc.assert(
      fc.property(fc.anything(), (changelog) => {
        const body = event('updated', { fields: { [sidField]: taskSid }, changelog });
        expect(normalise(body)).toMatchObject([{ kind: 'present', sids: { taskSid } }]);
      }),
    );
  });

  it('loses a deleted issue', () => {
    const deletion = event('deleted', { fields: { [sidField]: callSid } });
    expect(normalise(deletion)).toMatchObject([
      { kind: 'removed', sids: { callSid }, alone: true },
    ]);
  });
});

describe('an issue that is moved to another project', () => {
  const key = { field: 'Key', fieldtype: 'jira', from: null, to: null };
  const items = [{ ...key, fromString: 'SUP-42', toString: 'BILL-7' }];
  const moment = { version: '1736353100001', occurredAt: 1736353100450 };
  const gone = (sids: object) => ({ kind: 'removed', id: 'SUP-42', ...moment, sids, alone: true });
  const present = (sids: object) => ({ kind: 'present', id: 'BILL-7', ...moment, sids });
  const inPlaceOf = 'SUP-42';

  it('is gone under its old key, and under its new one in the place of that', () => {
    const sids = { callSid };
    expect(normalise(event('moved'))).toEqual([
      gone(sids),
      { ...present(sids), inPlaceOf },
      { ...present(sids), alone: true },
    ]);
  });

  it('is so too where no SID is known', () => {
    const moved = [gone({}), { ...present({}), inPlaceOf }, present({})];
    expect(normalise(event('moved', { fields: { [sidField]: null } }))).toEqual(moved);
    expect(normalise(event('moved'), {})).toEqual(moved);
  });

  it('and to another conversation at once, is gone from both under its old key', () => {
    const sid = { fieldId: sidField, fromString: callSid, toString: taskSid };
    const body = event('moved', { fields: { [sidField]: taskSid }, items: [...items, sid] });
    const sids = { taskSid };
    expect(normalise(body)).toMatchObject([
      gone({ callSid, ...sids }),
      { ...present(sids), inPlaceOf },
      { kind: 'removed', id: 'BILL-7', sids: { callSid }, moved: true },
      { ...present(sids), alone: true },
    ]);
    const other = { ...sid, toString: otherCallSid };
    const clash = { fields: { [sidField]: otherCallSid }, items: [...items, other] };
    const { alone: _, ...alsoGone } = gone({ callSid });
    expect(normalise(event('moved', clash)).slice(0, 2)).toEqual([
      gone({ callSid: otherCallSid }),
      alsoGone,
    ]);
  });

  it('and off its conversation at once, is gone from there under both keys, and has its new one', () => {
    const sid = { fieldId: sidField, fromString: callSid, toString: null };
    const body = event('moved', { fields: { [sidField]: null }, items: [...items, sid] });
    const left = {
      ...present({ callSid }),
      kind: 'removed',
      version: '1736353100000',
      moved: true,
    };
    expect(normalise(body)).toEqual([
      gone({ callSid }),
      { ...present({}), inPlaceOf },
      left,
      { ...present({}), alone: true },
    ]);
  });

  it.each([['BILL-7'], [null], [''], ['not a key'], [7]])(
    'has no old key where the log says %j',
    (fromString) => {
      const body = event('moved', { items: [{ ...key, fromString, toString: 'BILL-7' }] });
      expect(normalise(body)).toMatchObject([{ kind: 'present', id: 'BILL-7' }]);
    },
  );

  it('and back again, has its first link again', () => {
    const back = event('moved', {
      key: 'SUP-42',
      items: [{ ...key, fromString: 'BILL-7', toString: 'SUP-42' }],
    });
    expect(normalise(back)).toMatchObject([
      { kind: 'removed', id: 'BILL-7' },
      { kind: 'present', id: 'SUP-42', inPlaceOf: 'BILL-7' },
      { kind: 'present', id: 'SUP-42' },
    ]);
  });
});

describe('the events of a Jira issue, in any order and more than once', () => {
  const config = SourceConfig.parse({ kind: 'jira', ...crm.settings, secret: 'jira-secret' });
  const at = (seconds: number) => ({
    timestamp: 1736330400000 + seconds * 1000 + 300,
    updated: new Date(1736330400000 + seconds * 1000).toISOString(),
  });
  const told = (
    seconds: number,
    name: string,
    { sid = null, ...rest }: { sid?: string | null; key?: string; items?: readonly Item[] },
  ) => {
    const { timestamp, updated } = at(seconds);
    return event(name, { timestamp, fields: { updated, [sidField]: sid }, ...rest });
  };
  const sidItem = (from: string | null, to: string | null): Item => ({
    fieldId: sidField,
    fromString: from,
    toString: to,
  });

  const life = [
    told(10, 'created', {}),
    told(20, 'updated', { sid: callSid, items: [sidItem(null, callSid)] }),
    told(30, 'moved', { sid: callSid }),
    told(40, 'updated', {
      sid: otherCallSid,
      key: 'BILL-7',
      items: [sidItem(callSid, otherCallSid)],
    }),
    told(50, 'updated', { sid: otherCallSid, key: 'BILL-7' }),
  ];
  const deletion = told(50, 'deleted', { sid: otherCallSid, key: 'BILL-7' });

  const tasks: readonly (readonly [string, object])[] = [
    [`WT${'1'.repeat(32)}`, { call_sid: callSid, jira_issue_key: 'SUP-42' }],
    [`WT${'2'.repeat(32)}`, { call_sid: otherCallSid, jira_issue_key: 'BILL-7' }],
  ];

  const messages = (body: unknown): TicketChangeMessage[] =>
    normalise(body)
      .map((finding) => toTicketChange(finding, 'jira', config, { now: () => 0 }))
      .filter((change) => change.kind === 'ticket-change');

  /** The tickets on each Task, when the messages have come in this order. */
  const shownAfter = (changes: readonly TicketChangeMessage[]): string[][] =>
    [
      ...applyChanges(
        new Map(tasks.map(([sid, attributes]) => [sid, JSON.stringify(attributes)])),
        changes,
      ).values(),
    ].map((text) => [...new Set(text.match(/(?<=browse\/)[A-Z]+-\d+/g))]);

  const inAnyOrder = (bodies: readonly unknown[], expected: string[][]): void => {
    const changes = bodies.flatMap(messages);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(changes, { minLength: changes.length }),
        fc.subarray(changes),
        (once, again) => {
          expect(shownAfter([...once, ...again])).toEqual(expected);
        },
      ),
    );
  };

  it('leave it on its last conversation, under its last key', () => {
    inAnyOrder(life, [[], ['BILL-7']]);
  });

  it('leave it nowhere once it is deleted', () => {
    inAnyOrder([...life, deletion], [[], []]);
  });

  it('leave it on the Task that bears its key, once its SID is emptied out', () => {
    const set = told(20, 'updated', { sid: otherCallSid, items: [sidItem(null, otherCallSid)] });
    const emptied = told(30, 'updated', { items: [sidItem(otherCallSid, null)] });
    inAnyOrder([set, emptied], [['SUP-42'], []]);
    const after = told(60, 'updated', { key: 'BILL-7', items: [sidItem(otherCallSid, null)] });
    inAnyOrder([...life, after], [[], ['BILL-7']]);
    const gone = told(70, 'deleted', { key: 'BILL-7' });
    inAnyOrder([...life, after, gone], [[], []]);
  });

  it('leave it where either key is named, under its new one, once it has no SID', () => {
    const set = told(20, 'updated', { sid: callSid, items: [sidItem(null, callSid)] });
    const key = { field: 'Key', fromString: 'SUP-42', toString: 'BILL-7' };
    const moved = told(30, 'moved', { items: [key, sidItem(callSid, null)] });
    inAnyOrder([set, moved], [['BILL-7'], ['BILL-7']]);
  });
});

describe('the setting sidField of Jira', () => {
  const parse = (sid: unknown) =>
    SourceConfig.safeParse({ kind: 'jira', ...crm.settings, secret: 's', sidField: sid });

  it('is the id of a custom field', () => {
    expect(parse('customfield_10101').success).toBe(true);
    expect(parse(undefined).success).toBe(true);
    for (const sid of ['10101', 10101, 'customfield_', 'customfield_1a', 'Twilio SID', '', null]) {
      expect([sid, parse(sid).success]).toEqual([sid, false]);
    }
  });
});

it('a change log with something in it that is no change is read all the same', () => {
  const read = (items: readonly unknown[]) =>
    jira.normalise(
      {
        webhookEvent: 'jira:issue_updated',
        timestamp: 2000,
        issue: { key: 'SUP-1', fields: { updated: '2026-11-22T09:30:00.000+0000' } },
        changelog: { items },
      },
      { sidField: 'customfield_10050' },
    );
  const change = {
    fieldId: 'customfield_10050',
    fromString: `CA${'b'.repeat(32)}`,
    toString: `CA${'c'.repeat(32)}`,
  };
  expect(read([change])).toMatchObject([{ kind: 'removed' }, { kind: 'present' }]);
  expect(read([null, 7, change, 'x'])).toEqual(read([change]));
});
