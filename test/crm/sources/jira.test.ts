import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crm } from '../../../fixtures/jira/crm.ts';
import { readPayload } from '../../../fixtures/load.ts';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { jira } from '../../../shared/crm/sources/jira.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import type { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { callSid, conversationSid, noSids, taskSid } from '../../crm-change/webhook.ts';
import { applyChanges } from '../apply-changes.ts';

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
      { kind: 'present', sids: { taskSid }, version: '1736352945214', exclusive: true },
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
    { ...issue, kind: 'present', sids: {}, version: '1736352945214', exclusive: true },
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
});

describe('an issue that is moved to another project', () => {
  const key = { field: 'Key', fieldtype: 'jira', from: null, to: null };
  const items = [{ ...key, fromString: 'SUP-42', toString: 'BILL-7' }];
  const moment = { version: '1736353100001', occurredAt: 1736353100450 };
  const gone = (sids: object) => ({
    kind: 'removed',
    id: 'SUP-42',
    ...moment,
    sids,
    exclusive: true,
  });
  const present = (sids: object) => ({ kind: 'present', id: 'BILL-7', ...moment, sids });
  const replaces = 'SUP-42';

  it('is so too where no SID is known', () => {
    const moved = [gone({}), { ...present({}), replaces }, present({})];
    expect(normalise(event('moved', { fields: { [sidField]: null } }))).toEqual(moved);
    expect(normalise(event('moved'), {})).toEqual(moved);
  });

  it('and to another conversation at once, is gone from both under its old key', () => {
    const sid = { fieldId: sidField, fromString: callSid, toString: taskSid };
    const body = event('moved', { fields: { [sidField]: taskSid }, items: [...items, sid] });
    const sids = { taskSid };
    expect(normalise(body)).toMatchObject([
      gone({ callSid, ...sids }),
      { ...present(sids), replaces },
      { kind: 'removed', id: 'BILL-7', sids: { callSid }, moved: true },
      { ...present(sids), exclusive: true },
    ]);
    const other = { ...sid, toString: otherCallSid };
    const clash = { fields: { [sidField]: otherCallSid }, items: [...items, other] };
    const { exclusive: _, ...alsoGone } = gone({ callSid });
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
      { ...present({}), replaces },
      left,
      { ...present({}), exclusive: true },
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
      { kind: 'present', id: 'SUP-42', replaces: 'BILL-7' },
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
