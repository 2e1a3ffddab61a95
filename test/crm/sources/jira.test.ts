import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crm } from '../../../fixtures/jira/crm.ts';
import { readPayload } from '../../../fixtures/load.ts';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { jira } from '../../../shared/crm/sources/jira.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import type { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { callSid } from '../../crm-change/webhook.ts';
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

  it('has the moment of the event as its version if the issue has no time', () => {
    const version = '1736352945610';
    expect(normalise(event('updated', { fields: { updated: null } }))).toMatchObject([{ version }]);
    expect(normalise(event('updated', { fields: null }))).toMatchObject([{ version }]);
  });
});

describe('the events of a Jira issue, in any order and more than once', () => {
  const config = SourceConfig.parse({ kind: 'jira', ...crm.settings, secret: 'jira-secret' });
  const at = (seconds: number) => ({
    timestamp: 1736330400000 + seconds * 1000 + 300,
    updated: new Date(1736330400000 + seconds * 1000).toISOString(),
  });
  const eventAt = (
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
    eventAt(10, 'created', {}),
    eventAt(20, 'updated', { sid: callSid, items: [sidItem(null, callSid)] }),
    eventAt(30, 'moved', { sid: callSid }),
    eventAt(40, 'updated', {
      sid: otherCallSid,
      key: 'BILL-7',
      items: [sidItem(callSid, otherCallSid)],
    }),
    eventAt(50, 'updated', { sid: otherCallSid, key: 'BILL-7' }),
  ];
  const deletion = eventAt(50, 'deleted', { sid: otherCallSid, key: 'BILL-7' });

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
        { jira: config },
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

  it('leave it on the Task that names its key, once its SID is emptied', () => {
    const set = eventAt(20, 'updated', { sid: otherCallSid, items: [sidItem(null, otherCallSid)] });
    const emptied = eventAt(30, 'updated', { items: [sidItem(otherCallSid, null)] });
    inAnyOrder([set, emptied], [['SUP-42'], ['BILL-7']]);
    const after = eventAt(60, 'updated', { key: 'BILL-7', items: [sidItem(otherCallSid, null)] });
    inAnyOrder([...life, after], [[], ['BILL-7']]);
    const gone = eventAt(70, 'deleted', { key: 'BILL-7' });
    inAnyOrder([...life, after, gone], [[], []]);
  });

  it('leave it on the Tasks that name either key, under its new one, once it has no SID', () => {
    const set = eventAt(20, 'updated', { sid: callSid, items: [sidItem(null, callSid)] });
    const key = { field: 'Key', fromString: 'SUP-42', toString: 'BILL-7' };
    const moved = eventAt(30, 'moved', { items: [key, sidItem(callSid, null)] });
    inAnyOrder([set, moved], [['BILL-7'], ['BILL-7']]);
  });
});
