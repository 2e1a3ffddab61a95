import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Changes, payloadWith } from '../../../fixtures/payload-with.ts';
import type { EventResult } from '../../../shared/crm/source.ts';
import { callSid, conversationSid, noSids, taskSid } from '../../crm-change/webhook.ts';
import { problemsIn } from '../problems.ts';
import { sources } from './sources.ts';

const normalise = (kind: string, payload: unknown): readonly EventResult[] => {
  const found = sources.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no kind ${kind}`);
  return found.source.normalise(payload, found.config);
};

const problems = (kind: string, payload: unknown) => problemsIn(() => normalise(kind, payload));

const fields = (kind: string, payload: unknown) =>
  problems(kind, payload).map(({ field }) => field);

it.each(sources.map(({ kind }) => kind))('%s rejects what is not a payload of it', (kind) => {
  for (const payload of [null, 'text', 7, {}, [7]]) {
    expect([payload, fields(kind, payload)]).not.toEqual([payload, []]);
  }
});

const header = (field: string) => `payload.ChangeEventHeader.${field}`;
const row = '0.value.Attributes';

/** The path of a field, values that it must not have, and the field that is named if it is another. */
type Invalid = readonly [path: string, values: readonly unknown[], field?: string];

/** Invalid values, by kind and payload file. */
const invalid: Readonly<Record<string, readonly Invalid[]>> = {
  'dynamics update': [
    ['PrimaryEntityName', [undefined]],
    ['MessageName', [null]],
    ['PrimaryEntityId', [undefined, 'CAS-01004', '9f1c7a523b8eed1181ad000d3a5a54dc']],
    [
      'PrimaryEntityId',
      ['{9f1c7a52-3b8e-ed11-81ad-000d3a5a54dc', '00000000-0000-0000-0000-000000000000'],
    ],
    ['OperationCreatedOn', [undefined, null, 1795339861000, '', '2026-11-22T09:31:01Z']],
    ['OperationCreatedOn', ['1795339861000', '/Date(-62135596800000)/', '/Date(0)/', '/Date()/']],
    ['OperationCreatedOn', ['/Date(60000-0100)/', '/Date(1795339861000.5)/']],
    ['OperationCreatedOn', ['/Date(1795339861000+00:00)/', '/Date(1795339861000Z)/']],
    ['OperationCreatedOn', [' /Date(1795339861000)/', `/Date(${'9'.repeat(16)})/`]],
    ['InputParameters', [{}]],
    ['InputParameters', [[{ value: 1 }]], 'InputParameters.0.key'],
    [`InputParameters.${row}`, ['x'], 'Target.Attributes'],
    ['InputParameters.0.value', [7], 'Target'],
    ['PreEntityImages', [{}]],
    ['PreEntityImages', [[{ key: 'x' }]], 'PreEntityImages.0.value'],
  ],
  'hubspot creation': [
    ['0.portalId', [undefined], '[0].portalId'],
    ['0.subscriptionType', [undefined, 7], '[0].subscriptionType'],
    ['0.subscriptionType', ['object.creation'], '[0].objectTypeId'],
    ['0.objectId', [undefined, null, 1.5, '../1'], '[0].objectId'],
    ['0.occurredAt', [undefined, '2026-11-22T09:30:00Z', 0, -1, 1.5], '[0].occurredAt'],
  ],
  'hubspot merge': [
    ['0.mergedObjectIds', [undefined, 7], '[0].mergedObjectIds'],
    ['0.mergedObjectIds', [[7, null]], '[0].mergedObjectIds.1'],
    ['0.primaryObjectId', [undefined], '[0].primaryObjectId'],
    ['0.newObjectId', ['x y'], '[0].newObjectId'],
  ],
  'intercom ticket_state_updated': [
    ['data.item.id', [undefined, '../x']],
    ['data.item.updated_at', [1e12, '2025']],
    ['data.item.ticket_attributes', [[]]],
    ['data.item', [undefined]],
    ['created_at', [null]],
    ['app_id', [7]],
    ['topic', [7]],
  ],
  'intercom ticket_attribute_updated': [
    ['data.item.ticket.id', [null]],
    ['data.item.ticket.updated_at', ['2025']],
  ],
  'intercom conversation_deleted': [['data.item.conversation_id', [undefined]]],
  'jira updated': [
    ['issue.key', [null, '..', 'SUP/42', 42, 'a b']],
    ['issue', [undefined]],
    ['issue.fields', [[]]],
    ['issue.fields.updated', ['now', 1]],
    ['timestamp', [undefined, null, '1736352945610', 1.5, -1, 2n ** 60n]],
    ['webhookEvent', [7]],
  ],
  'salesforce updated': [
    [header('commitNumber'), [undefined, -1, 1.5, 2n ** 64n, Infinity, '0x10', '']],
    [header('sequenceNumber'), [null, -1n]],
    [header('commitTimestamp'), ['2019-09-25', -1]],
    [header('recordIds'), [[], '50025000009vJE9AAM']],
    [header('changedFields'), ['Status']],
    [header('changeType'), [undefined]],
    [header('entityName'), [null]],
    ['payload', [undefined, null]],
  ],
  'servicenow updated': [
    ['schema', ['servicenow-record/2', undefined]],
    ['operation', ['query']],
    ['short_description', ['PHI'], 'body'],
    ['sys_id', ['', '../x']],
    ['sys_mod_count', ['null', '-1']],
    ['sys_updated_on', ['2026-11-22 09:30:00']],
    ['sid', ['PHI']],
    ['previous_sid', ['CA1', undefined]],
  ],
  'standard-webhooks updated': [
    ['type', [undefined]],
    ['timestamp', [undefined]],
    ['data', [undefined]],
    ['data.id', [undefined, 'a b', '']],
    ['data.url', [7]],
    ['data.title', [{}]],
    ['data.taskSid', [callSid]],
    ['data.callSid', ['CA1']],
    ['data.conversationSid', ['']],
    ['data.version', [19342813113834066795298816n, -1, 1.5, 1e30, Infinity, '042', '', true, 'x']],
  ],
  'standard-webhooks unlinked': [['data.callSid', [undefined], 'data']],
  'zendesk created': [
    ['detail.id', [undefined, null, '..', '1/2', 1.5]],
    ['time', ['yesterday', 1736354720]],
    ['type', [7]],
  ],
  'zendesk trigger': [
    ['schema', ['ticket-changed/2', null]],
    ['subject', ['x'], 'body'],
    ['sid', ['n/a', 7]],
    ['change', ['deleted']],
    ['ticket_id', ['', null]],
    ['updated_at', ['', null]],
  ],
};

const invalidRows = Object.entries(invalid).flatMap(([name, rows]) => {
  const [kind = '', file = ''] = name.split(' ');
  return rows.map(([path, values, field = path]) => ({ kind, file, path, values, field }));
});

it.each(invalidRows)('$kind names $field if $path of $file is invalid', (row) => {
  const { kind, file, path, values, field } = row;
  expect(fields(kind, payloadWith(kind, file))).toEqual([]);
  for (const value of values) {
    expect([value, fields(kind, payloadWith(kind, file, { [path]: value }))]).toEqual([
      value,
      [field],
    ]);
  }
  // The value is never quoted.
  const named = payloadWith(kind, file, { [path]: 'Jane Doe' });
  expect(JSON.stringify(problems(kind, named))).not.toMatch(/Jane/);
});

const ticketAction = 'not a creation, change or deletion';
const noTicketEvent = 'not a subscribed ticket event';

/** Fields with values for which an event is ignored, with any other fields. */
const ignored: readonly (readonly [string, Changes, string])[] = [
  ...['contact', 'account', 'Incident', 'incidentresolution', 'new_incident', ''].map(
    (PrimaryEntityName) =>
      ['dynamics', { PrimaryEntityName, MessageName: 'Delete' }, 'not a case'] as const,
  ),
  ...['Assign', 'SetState', 'Merge', 'Retrieve', 'update', 'constructor', ''].map(
    (MessageName) =>
      ['dynamics', { PrimaryEntityName: 'incident', MessageName }, ticketAction] as const,
  ),
  ...['comment_created', 'worklog_created', 'jira:version_released', 'jira:issue_', 'toString', '']
    .concat(['issue_updated', 'JIRA:ISSUE_UPDATED'])
    .map((webhookEvent) => ['jira', { webhookEvent }, 'not an issue event'] as const),
  ...['zen:event-type:user.created', 'zen:event-type:messaging_ticket.message_added', '']
    .concat([
      'zen:event-type:organization.name_changed',
      'zen:event-type:ticket.',
      'ticket.created',
    ])
    .map((type) => ['zendesk', { type }, 'not a ticket event'] as const),
  ...['ticket.viewed', 'user.created', '', 'constructor', '__proto__'].map(
    (type) => ['standard-webhooks', { type, data: 7 }, 'not a ticket event'] as const,
  ),
  ...['ping', 'conversation.admin.closed', 'ticket', 'ticket.deleted', 'tickets.created', '']
    .concat('my.ticket.created')
    .map((topic) => ['intercom', { topic }, 'not a ticket event'] as const),
  ...['SNAPSHOT', 'GAP_SNAPSHOT', 'delete', 'constructor', ''].map((changeType) => {
    const payload = { ChangeEventHeader: { entityName: 'Case', changeType } };
    return ['salesforce', { payload }, 'unknown changeType'] as const;
  }),
];

it.each(ignored)('%s ignores %j', (kind, payload, reason) => {
  expect(normalise(kind, payload)).toEqual([{ kind: 'ignored', reason }]);
});

const hubspotTypes = [
  ...['ticket.associationChange', 'object.associationChange', 'ticket.privacyDeletion', 'ticket.'],
  ...['ticket', 'contact.creation', 'conversation.newMessage', 'xticket.creation'],
  ...['ticket.creation ', 'ticket.constructor', ''],
];

it.each(hubspotTypes)('hubspot ignores an event of the type %j', (subscriptionType) => {
  const event = { portalId: 62515, subscriptionType, occurredAt: 'x' };
  expect(normalise('hubspot', [event])).toEqual([{ kind: 'ignored', reason: noTicketEvent }]);
});

/** Where a payload holds the ticket's SID, beside other fields. */
const sidFields: readonly (readonly [string, string, string])[] = [
  ['dynamics', 'update_sid', `InputParameters.${row}.1.value`],
  ['hubspot', 'sid_set', '0.propertyValue'],
  ['intercom', 'ticket_created', 'data.item.ticket_attributes.Twilio SID'],
  ['intercom', 'ticket_attribute_updated', 'data.item.ticket.ticket_attributes.Twilio SID'],
  ['jira', 'updated', 'issue.fields.customfield_10101'],
  ['salesforce', 'sid_set', 'payload.Twilio_Conversation_SID__c'],
  ['zendesk', 'status_changed', 'detail.external_id'],
  ['zendesk', 'custom_field_changed', 'event.current.value'],
  ['zendesk', 'custom_field_changed', 'event.current'],
];

describe.each(sidFields)('the conversation of a %s ticket, in %s at %s', (kind, file, path) => {
  const lastOf = (value: unknown) =>
    normalise(kind, payloadWith(kind, file, { [path]: value })).at(-1);

  it.each([
    ['a Task', taskSid, { taskSid }],
    ['a call', ` ${callSid}\n`, { callSid }],
    ['a conversation', conversationSid, { conversationSid }],
  ])('is %s', (_what, value, sids) => {
    expect(lastOf(value)).toMatchObject({ kind: 'present', sids });
  });

  it.each(['', '  ', null, 'ERP-17', 'WT123', `SM${'a'.repeat(32)}`, 7, { id: taskSid }])(
    'is none if the field holds %j',
    (value) => {
      expect(lastOf(value)).toMatchObject({ kind: 'present', sids: noSids });
    },
  );
});

it.each([
  ['hubspot', 'creation', '0.objectId', 39313930383633353634323835n],
  ['intercom', 'ticket_created', 'data.item.id', 2n ** 60n],
  ['standard-webhooks', 'updated', 'data.id', 12345678901234567890n],
  ['zendesk', 'created', 'detail.id', 39313930383633353634323835n],
])('the id of %s may be a number beyond 2^53', (kind, file, path, id) => {
  expect(normalise(kind, payloadWith(kind, file, { [path]: id }))).toMatchObject([
    { id: String(id) },
  ]);
  expect(normalise(kind, payloadWith(kind, file, { [path]: 42 }))).toMatchObject([{ id: '42' }]);
});

it.each([
  ['intercom', 'ticket_attribute_updated', 'data.item.ticket_part', 'taskSid'],
  ['jira', 'sid_replaced', 'changelog', 'taskSid'],
  ['zendesk', 'custom_field_changed', 'event', ''],
])('the conversation of %s, in %s, does not depend on another shape of %s', (...row) => {
  const [kind, file, path, name] = row;
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const last = normalise(kind, payloadWith(kind, file, { [path]: value })).at(-1);
      expect(last).toMatchObject({
        kind: 'present',
        sids: name === '' ? {} : { [name]: expect.any(String) },
      });
    }),
  );
});
