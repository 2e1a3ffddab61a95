import { describe, expect, it } from 'vitest';
import type { EventResult } from '../../../shared/crm/source.ts';
import { callSid, conversationSid, taskSid } from '../../crm-change/webhook.ts';
import { type Changes, payloadWith } from './payload-with.ts';
import { sources } from './sources.ts';

const otherSid = `CA${'d'.repeat(32)}`;

const names = new Map([
  [taskSid, 'task'],
  [callSid, 'call'],
  [conversationSid, 'chat'],
  [otherSid, 'other'],
]);

/** A result in words: `removed call moved`, `present task exclusive`, `present 4 for 1`. */
const inWords = (result: EventResult, ids: boolean): string => {
  if (!('sids' in result)) return result.kind;
  const { kind, id, sids, exclusive, moved, replaces } = result;
  const words = [
    kind,
    ...(ids ? [id] : []),
    ...Object.values(sids).map((sid) => names.get(String(sid)) ?? 'unknown'),
    ...(exclusive ? ['exclusive'] : []),
    ...(moved ? ['moved'] : []),
    ...(ids && replaces !== undefined ? [`for ${replaces}`] : []),
  ];
  return words.join(' ');
};

/** The version that a result is ordered by: what leaves a conversation comes one before. */
const momentOf = (result: EventResult): readonly unknown[] =>
  'version' in result ? [BigInt(result.version) + (result.moved ? 1n : 0n), result.occurredAt] : [];

interface Case {
  readonly kind: string;
  readonly file: string;
  readonly changes: Changes;
  readonly settings?: Changes;
  readonly gives: string;
}

const check = ({ kind, file, changes, settings, gives }: Case, ids = false): void => {
  const found = sources.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no kind ${kind}`);
  const results = found.source.normalise(payloadWith(kind, file, changes), {
    ...found.config,
    ...settings,
  });
  expect(results.map((result) => inWords(result, ids)).join(', ')).toBe(gives);
  const moments = results.map((result) => JSON.stringify(momentOf(result).map(String)));
  expect(new Set(moments).size).toBe(1);
};

const pairs = (columns: Changes) => Object.entries(columns).map(([key, value]) => ({ key, value }));
const image = (columns: Changes) => ({ key: 'before', value: { Attributes: pairs(columns) } });
const column = 'new_twiliosid';

/** A save of a case that sets these columns, with these Pre Images. */
const saved = (columns: Changes, images: readonly object[] = []): Changes => ({
  InputParameters: [{ key: 'Target', value: { Attributes: pairs(columns) } }],
  PreEntityImages: images,
});

const sidSaved = (sid: unknown, ...before: unknown[]) =>
  saved(
    { [column]: sid },
    before.map((value) => image({ incidentid: 'x', [column]: value })),
  );

const twoImages = [image({ title: 'x' }), { ...image({ [column]: callSid }), key: '' }];

describe('a case of Dynamics', () => {
  const rows: [string, Changes, string, Changes?][] = [
    ['has a SID, and had none', sidSaved(taskSid, null), 'present task exclusive'],
    ['keeps its SID', sidSaved(callSid, callSid), 'present call exclusive'],
    [
      'keeps the SID of its image',
      saved({}, [image({ [column]: callSid })]),
      'present call exclusive',
    ],
    ['gets another SID', sidSaved(taskSid, callSid), 'removed call moved, present task exclusive'],
    ...[null, '', 'n/a', 7, { Value: 1 }].map((value): [string, Changes, string] => [
      `gets ${JSON.stringify(value)} for a SID`,
      sidSaved(value, callSid),
      'removed call moved, present exclusive',
    ]),
    ['gets a SID, and no image names the old one', sidSaved(taskSid), 'present task exclusive'],
    ['loses a SID, and no image names it', sidSaved(null), 'present exclusive'],
    ['still has no SID', saved({ [column]: null }, [image({ incidentid: 'x' })]), 'present'],
    ['has no SID, and the column is not set', saved({}, [image({ incidentid: 'x' })]), 'present'],
    [
      'has its old SID in one of two images',
      saved({ [column]: taskSid }, twoImages),
      'removed call moved, present task exclusive',
    ],
    [
      'has its old SID in the other of two images',
      saved({ [column]: taskSid }, twoImages.toReversed()),
      'removed call moved, present task exclusive',
    ],
    ['has a SID in other columns', saved({ new_twilioSid: callSid, title: callSid }), 'present'],
    [
      'has a SID, and no column is set',
      sidSaved(taskSid, callSid),
      'present',
      { sidColumn: undefined },
    ],
    [
      'has a SID in another column than the set one',
      sidSaved(taskSid),
      'present',
      { sidColumn: 'new_x' },
    ],
    [
      'has odd columns, and no column is set',
      { InputParameters: 7, PreEntityImages: 7 },
      'present',
      { sidColumn: undefined },
    ],
  ];

  it.each<[string, Changes, string, Changes?]>(rows)(
    '%s',
    (_what, changes, gives, settings = {}) => {
      check({ kind: 'dynamics', file: 'update', changes, settings, gives });
    },
  );

  it.each([
    ['create', saved({ [column]: null }), 'present'],
    ['delete', {}, 'removed call exclusive'],
    ['delete', { PreEntityImages: [] }, 'removed exclusive'],
    ['delete', { PreEntityImages: null }, 'removed exclusive'],
  ])('%s with %j', (file, changes, gives) => {
    check({ kind: 'dynamics', file, changes, gives });
  });
});

const sidField = 'issue.fields.customfield_10101';
const logged = (from: unknown, to: unknown, fieldId = 'customfield_10101') => ({
  ...{ field: 'Twilio SID', fieldtype: 'custom', fieldId },
  ...{ from: null, fromString: from, to: null, toString: to },
});
const log = (...items: unknown[]): Changes => ({ changelog: { id: '1', items } });
const { toString: _, ...withoutToString } = logged(callSid, null);

it.each<[string, Changes, string, Changes?]>([
  ['a SID in another field', { 'issue.fields.customfield_10102': taskSid }, 'present'],
  [
    'a SID in the log alone',
    { 'issue.fields': null, ...log(logged(null, callSid)) },
    'present call exclusive',
  ],
  [
    'a SID as an id in the log alone',
    { 'issue.fields': null, ...log({ ...logged(null, null), to: callSid }) },
    'present call exclusive',
  ],
  [
    'another SID',
    { [sidField]: taskSid, ...log(logged(callSid, taskSid)) },
    'removed call moved, present task exclusive',
  ],
  [
    'another SID, the old one as an id',
    { [sidField]: taskSid, ...log({ ...logged(null, taskSid), from: callSid }) },
    'removed call moved, present task exclusive',
  ],
  [
    'a SID that is later than the one in the log',
    { [sidField]: otherSid, ...log(logged(callSid, taskSid)) },
    'removed call moved, present other exclusive',
  ],
  [
    'no SID any more',
    { [sidField]: null, ...log(logged(callSid, null)) },
    'removed call moved, present exclusive',
  ],
  [
    'a text for a SID',
    { [sidField]: 'n/a', ...log(logged(callSid, 'n/a')) },
    'removed call moved, present exclusive',
  ],
  [
    'a log without "toString"',
    { [sidField]: null, ...log(withoutToString) },
    'removed call moved, present exclusive',
  ],
  [
    'a log without "toString", and no fields',
    { 'issue.fields': null, ...log(withoutToString) },
    'removed call moved, present exclusive',
  ],
  ['an empty item in the log', { [sidField]: taskSid, ...log({}) }, 'present task exclusive'],
  [
    'items in the log that are no changes',
    { [sidField]: taskSid, ...log(null, 7, logged(callSid, taskSid), 'x') },
    'removed call moved, present task exclusive',
  ],
  [
    'other fields in the log',
    {
      [sidField]: taskSid,
      ...log(logged(callSid, taskSid, 'customfield_10102'), logged('', otherSid, 'x')),
    },
    'present task exclusive',
  ],
  [
    'a SID, and no field is set',
    { [sidField]: taskSid, ...log(logged(callSid, taskSid)) },
    'present',
    { sidField: undefined },
  ],
])('an issue of Jira with %s', (_what, changes, gives, settings = {}) => {
  check({ kind: 'jira', file: 'updated', changes, gives, settings });
});

const key = (from: unknown) => ({ field: 'Key', fromString: from, toString: 'BILL-7' });

it.each<[string, Changes, string]>([
  [
    'without a SID',
    { [sidField]: null },
    'removed SUP-42 exclusive, present BILL-7 for SUP-42, present BILL-7',
  ],
  [
    'and to another conversation',
    { [sidField]: taskSid, ...log(key('SUP-42'), logged(callSid, taskSid)) },
    'removed SUP-42 call task exclusive, present BILL-7 task for SUP-42, ' +
      'removed BILL-7 call moved, present BILL-7 task exclusive',
  ],
  [
    'and from one call to another',
    { [sidField]: otherSid, ...log(key('SUP-42'), logged(callSid, otherSid)) },
    'removed SUP-42 other exclusive, removed SUP-42 call, present BILL-7 other for SUP-42, ' +
      'removed BILL-7 call moved, present BILL-7 other exclusive',
  ],
  [
    'and off its conversation',
    { [sidField]: null, ...log(key('SUP-42'), logged(callSid, null)) },
    'removed SUP-42 call exclusive, present BILL-7 for SUP-42, ' +
      'removed BILL-7 call moved, present BILL-7 exclusive',
  ],
  [
    'and back again',
    { 'issue.key': 'SUP-42', ...log({ ...key('BILL-7'), toString: 'SUP-42' }) },
    'removed BILL-7 call exclusive, present SUP-42 call for BILL-7, present SUP-42 call exclusive',
  ],
  ...['BILL-7', null, '', 'not a key', 7].map((from): [string, Changes, string] => [
    `from the key ${JSON.stringify(from)}`,
    log(key(from)),
    'present BILL-7 call exclusive',
  ]),
])('an issue of Jira that moves to another project %s', (_what, changes, gives) => {
  check({ kind: 'jira', file: 'moved', changes, gives }, true);
});

const caseSid = 'payload.Twilio_Conversation_SID__c';
const inHeader = (field: string) => `payload.ChangeEventHeader.${field}`;
const changed = inHeader('changedFields');

it.each<[string, Changes, string, Changes?]>([
  ['another SID', { [caseSid]: taskSid }, 'present task exclusive'],
  ['null for a SID', { [caseSid]: null }, 'present exclusive'],
  ['an empty SID', { [caseSid]: '' }, 'present exclusive'],
  ['a text for a SID', { [caseSid]: 'n/a' }, 'present exclusive'],
  ['a changed SID that is absent', { [caseSid]: undefined }, 'present exclusive'],
  [
    'a SID that is listed as emptied',
    {
      [caseSid]: undefined,
      [changed]: ['LastModifiedDate'],
      [inHeader('nulledFields')]: ['Twilio_Conversation_SID__c'],
    },
    'present exclusive',
  ],
  ['other changed fields', { [caseSid]: undefined, [changed]: ['Status'] }, 'present'],
  ['a SID that it is enriched with', { [changed]: ['Status'] }, 'present call exclusive'],
  [
    'no SID among all fields, unchanged',
    { [caseSid]: null, [changed]: ['Status'], [inHeader('nulledFields')]: [] },
    'present',
  ],
  ['no list, and null for a SID', { [caseSid]: null, [changed]: undefined }, 'present exclusive'],
  ['null as list, and null for a SID', { [caseSid]: null, [changed]: null }, 'present exclusive'],
  ['no list, and a SID', { [caseSid]: taskSid, [changed]: undefined }, 'present task exclusive'],
  ['no list, and no SID', { [caseSid]: undefined, [changed]: null }, 'present'],
  ['a SID, and no field is set', {}, 'present', { sidField: undefined }],
  ...['CREATE', 'UNDELETE', 'GAP_CREATE', 'GAP_UPDATE', 'GAP_UNDELETE'].flatMap((type) =>
    [[], undefined, ['Twilio_Conversation_SID__c']].map((list): [string, Changes, string] => [
      `a ${type} that lists ${JSON.stringify(list)}, and no SID`,
      { [caseSid]: null, [inHeader('changeType')]: type, [changed]: list },
      'present',
    ]),
  ),
  ...['DELETE', 'GAP_DELETE'].map((type): [string, Changes, string] => [
    `a ${type} that is enriched with a SID`,
    { [inHeader('changeType')]: type, [changed]: [] },
    'removed call exclusive',
  ]),
])('a change of a Case in Salesforce with %s', (_what, changes, gives, settings = {}) => {
  check({ kind: 'salesforce', file: 'sid_set', changes, gives, settings });
});

const ticketSid = 'data.item.ticket.ticket_attributes.Twilio SID';
const part = 'data.item.ticket_part.updated_attribute_data';

it.each<[string, Changes, string, Changes?]>([
  ['another SID', {}, 'removed call moved, present task exclusive'],
  ['a SID, the old one unknown', { [`${part}.value`]: {} }, 'present task exclusive'],
  ...['', null, 'ERP-17', []].map((previous): [string, Changes, string] => [
    `a SID in place of ${JSON.stringify(previous)}`,
    { [`${part}.value.previous`]: previous },
    'present task exclusive',
  ]),
  ['no SID any more', { [ticketSid]: null }, 'removed call moved, present exclusive'],
  [
    'no SID any more, the old one unknown',
    { [ticketSid]: '', [`${part}.value`]: {} },
    'present exclusive',
  ],
  [
    'a change of another attribute',
    { [`${part}.attribute.label`]: 'Root cause' },
    'present task exclusive',
  ],
  ['a SID, and no attribute is set', {}, 'present', { sidAttribute: undefined }],
  ['a SID in another attribute', {}, 'present', { sidAttribute: 'constructor' }],
  ['no attributes', { 'data.item.ticket.ticket_attributes': null, [part]: null }, 'present'],
])('a ticket of Intercom with %s', (_what, changes, gives, settings = {}) => {
  check({ kind: 'intercom', file: 'ticket_attribute_updated', changes, gives, settings });
});

it.each([
  ['a first SID', { previous_sid: '', sid: taskSid }, 'present task exclusive'],
  ['the same SID', { previous_sid: taskSid, sid: taskSid }, 'present task exclusive'],
  [
    'another SID',
    { previous_sid: callSid, sid: taskSid },
    'removed call moved, present task exclusive',
  ],
  ['no SID any more', { previous_sid: callSid, sid: '' }, 'removed call moved, present exclusive'],
  ['no SID before either', { previous_sid: '', sid: '' }, 'present'],
  ['a deletion', { operation: 'delete', previous_sid: '' }, 'removed call exclusive'],
  [
    'a deletion without a SID',
    { operation: 'delete', previous_sid: '', sid: '' },
    'removed exclusive',
  ],
])('a record of ServiceNow with %s', (_what, changes, gives) => {
  check({ kind: 'servicenow', file: 'updated', changes, gives });
});

const fieldChange = (previous: unknown, current: unknown, more: Changes = {}): Changes => ({
  event: { custom_field: { id: '360001234567', title: 'x' }, current, previous },
  ...more,
});
const onCall = { 'detail.external_id': callSid };
const deletedTicket = { 'detail.status': 'DELETED' };

it.each<[string, Changes, string, Changes?]>([
  ['a boxed SID', fieldChange({ value: null }, { value: taskSid }), 'present task'],
  ['a bare SID', fieldChange(null, taskSid), 'present task'],
  [
    'a SID, the old one unknown',
    fieldChange(undefined, { value: taskSid }),
    'present task exclusive',
  ],
  ['no SID, the old one unknown', fieldChange(undefined, { value: null }), 'present exclusive'],
  [
    'a SID in external_id too, the old one unknown',
    fieldChange(undefined, { value: taskSid }, onCall),
    'present call task exclusive',
  ],
  [
    'a field whose id is a number',
    { event: { custom_field: { id: 360001234567 }, previous: {}, current: taskSid } },
    'present task exclusive',
  ],
  [
    'a SID in another field',
    { event: { custom_field: { id: '1' }, previous: {}, current: taskSid } },
    'present',
  ],
  ['a SID, and no field is set', fieldChange({}, taskSid), 'present', { sidField: undefined }],
  [
    'another SID',
    fieldChange({ value: callSid }, { value: taskSid }),
    'removed call moved, present task',
  ],
  ['a SID in external_id too', fieldChange(null, { value: taskSid }, onCall), 'present call task'],
  [
    'a SID that it has in external_id as well',
    fieldChange({ value: callSid }, { value: taskSid }, onCall),
    'present call task',
  ],
  [
    'no SID any more',
    fieldChange({ value: taskSid }, { value: null }),
    'removed task moved, present',
  ],
  [
    'a text for a SID',
    fieldChange({ value: taskSid }, { value: 'n/a' }),
    'removed task moved, present',
  ],
  [
    'no SID any more but in external_id',
    fieldChange({ value: taskSid }, { value: '' }, onCall),
    'removed task moved, present call',
  ],
  [
    'no SID any more, and deleted',
    fieldChange({ value: taskSid }, { value: null }, deletedTicket),
    'removed task exclusive',
  ],
  [
    'another SID of the same kind, and deleted',
    fieldChange({ value: otherSid }, { value: callSid }, deletedTicket),
    'removed call exclusive, removed other',
  ],
])('a ticket of Zendesk with %s in its field', (_what, changes, gives, settings = {}) => {
  check({ kind: 'zendesk', file: 'custom_field_changed', changes, gives, settings });
});

const merged = 'removed 5158 call exclusive, present 5200 call for 5158';

it.each<[string, string, Changes, string]>([
  [
    'external_id_changed',
    'another SID',
    { 'detail.external_id': taskSid, event: { previous: callSid, current: taskSid } },
    'removed 5158 call moved, present 5158 task',
  ],
  [
    'external_id_changed',
    'no SID any more',
    { 'detail.external_id': taskSid, event: { previous: taskSid, current: null } },
    'removed 5158 task moved, present 5158',
  ],
  [
    'external_id_changed',
    'an odd custom_field',
    { event: { custom_field: null, previous: taskSid, current: callSid } },
    'removed 5158 task moved, present 5158 call',
  ],
  ['status_changed', 'a SID', onCall, 'present 5158 call'],
  ['merged', 'a SID', onCall, merged],
  ...[undefined, null, '', 'not an id'].map(
    (target_ticket_id): [string, string, Changes, string] => [
      'merged',
      `the target ${JSON.stringify(target_ticket_id)}`,
      { event: { target_ticket_id } },
      'removed 5158 exclusive',
    ],
  ),
  ...['soft_deleted', 'permanently_deleted', 'marked_as_spam'].map(
    (file): [string, string, Changes, string] => [
      file,
      'the status of an open ticket',
      { 'detail.status': 'OPEN', 'detail.tags': null },
      'removed 5158 exclusive',
    ],
  ),
  ['status_changed', 'the status DELETED', deletedTicket, 'removed 5158 exclusive'],
  [
    'status_changed',
    'the status SCRUBBED',
    { 'detail.status': 'SCRUBBED' },
    'removed 5158 exclusive',
  ],
  [
    'status_changed',
    'the tag of a merge',
    { 'detail.status': 'CLOSED', 'detail.tags': ['a', 'closed_by_merge'] },
    'removed 5158 exclusive',
  ],
  [
    'status_changed',
    'another tag',
    { 'detail.status': 'CLOSED', 'detail.tags': ['a'] },
    'present 5158',
  ],
  [
    'status_changed',
    'the tag of a merge, and open',
    { 'detail.status': 'OPEN', 'detail.tags': ['closed_by_merge'] },
    'present 5158',
  ],
  [
    'status_changed',
    'the type undeleted',
    { ...deletedTicket, type: 'zen:event-type:ticket.undeleted' },
    'present 5158',
  ],
  [
    'status_changed',
    'a type that does not exist yet',
    { type: 'zen:event-type:ticket.mood_changed' },
    'present 5158',
  ],
])('a ticket of Zendesk, %s with %s', (file, _what, changes, gives) => {
  check({ kind: 'zendesk', file, changes, gives }, true);
});

it.each<[string, Changes, string]>([
  ['a removal', { sid: taskSid, change: 'removed' }, 'removed task'],
  ['a removal without a SID', { sid: '', change: 'removed' }, 'removed exclusive'],
  ['no SID', { sid: undefined }, 'present'],
  ['spaces for a SID', { sid: '  ' }, 'present'],
])('a trigger of Zendesk with %s', (_what, changes, gives) => {
  check({ kind: 'zendesk', file: 'trigger', changes, gives });
});

const property = '0.propertyValue';
const sensitive = { '0.isSensitive': true };

it.each<[string, Changes, string, Changes?]>([
  ['no SID any more', { [property]: '' }, 'present exclusive'],
  ['a SID that is sensitive', sensitive, 'present call exclusive'],
  ['a redacted SID', { [property]: 'REDACTED' }, 'present'],
  ['a redacted SID that is sensitive', { [property]: 'REDACTED', ...sensitive }, 'present'],
  ['an empty SID that is sensitive', { [property]: '', ...sensitive }, 'present'],
  ['null for a SID that is sensitive', { [property]: null, ...sensitive }, 'present'],
  ['no value', { [property]: undefined }, 'present'],
  ['a SID in another property', { '0.propertyName': 'Twilio_SID' }, 'present'],
  ['a SID in no property', { '0.propertyName': undefined }, 'present'],
  ['a SID in another event', { '0.subscriptionType': 'object.restore' }, 'present'],
  ['a SID, and no property is set', {}, 'present', { sidProperty: undefined }],
  [
    'a SID in no property, and none is set',
    { '0.propertyName': undefined },
    'present',
    { sidProperty: undefined },
  ],
])('a ticket of HubSpot with %s', (_what, changes, gives, settings = {}) => {
  check({ kind: 'hubspot', file: 'sid_set', changes, gives, settings });
});

const mergeOf = (mergedIds: readonly number[], primary: number, newId: unknown): Changes => ({
  '0.mergedObjectIds': mergedIds,
  '0.primaryObjectId': primary,
  '0.newObjectId': newId,
});

it.each<[Changes, string]>([
  [
    mergeOf([1, 2, 2], 3, 4),
    'removed 1 exclusive, present 4 for 1, removed 2 exclusive, present 4 for 2, ' +
      'present 4 for 3, present 4',
  ],
  ...[undefined, null, 3, '3'].map((id): [Changes, string] => [
    mergeOf([1], 3, id),
    'removed 1 exclusive, present 3 for 1, present 3',
  ]),
  [
    mergeOf([1, 3], 3, 4),
    'removed 1 exclusive, present 4 for 1, removed 3 exclusive, present 4 for 3, present 4',
  ],
  [mergeOf([1, 3], 3, null), 'removed 1 exclusive, present 3 for 1, present 3'],
  [
    { ...mergeOf([1], 3, null), '0.objectId': undefined },
    'removed 1 exclusive, present 3 for 1, present 3',
  ],
])('a merge of HubSpot tickets: %j', (changes, gives) => {
  check({ kind: 'hubspot', file: 'merge', changes, gives }, true);
});

it.each<[string, string, Changes, string]>([
  ['deleted', 'a SID', { 'data.taskSid': taskSid }, 'removed task exclusive'],
  ['deleted', 'no SID', { 'data.taskSid': null }, 'removed exclusive'],
  ['unlinked', 'a SID', {}, 'removed call'],
  ['updated', 'a SID', {}, 'present call'],
  ['updated', 'null for its SIDs', { 'data.taskSid': null, 'data.callSid': null }, 'present'],
  [
    'updated',
    'several SIDs',
    { 'data.taskSid': taskSid, 'data.conversationSid': conversationSid },
    'present task call chat',
  ],
])('a ticket by Standard Webhooks, %s with %s', (file, _what, changes, gives) => {
  check({ kind: 'standard-webhooks', file, changes, gives });
});
