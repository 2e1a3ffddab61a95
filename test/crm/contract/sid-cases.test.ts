import { describe, it } from 'vitest';
import type { Changes } from '../../../fixtures/payload-with.ts';
import { callSid, conversationSid, taskSid } from '../../crm-change/webhook.ts';
import { type Case, checkCase, otherSid, testCases } from './check-case.ts';

const callToTask = 'removed call moved, present task exclusive';
const offTheCall = 'removed call moved, present exclusive';

describe('a case of Dynamics', () => {
  const column = 'new_twiliosid';
  const pairs = (columns: Changes) =>
    Object.entries(columns).map(([key, value]) => ({ key, value }));
  const image = (columns: Changes) => ({ key: 'before', value: { Attributes: pairs(columns) } });
  /** A save of a case that sets these columns, with these Pre Images. */
  const saved = (columns: Changes, images: readonly object[] = []): Changes => ({
    InputParameters: [{ key: 'Target', value: { Attributes: pairs(columns) } }],
    PreEntityImages: images,
  });
  const sidSaved = (sid: unknown, ...before: unknown[]) => {
    const images = before.map((value) => image({ incidentid: 'x', [column]: value }));
    return saved({ [column]: sid }, images);
  };
  const noSidBefore = [image({ incidentid: 'x' })];
  const twoImages = [image({ title: 'x' }), { ...image({ [column]: callSid }), key: '' }];
  const odd = { InputParameters: 7, PreEntityImages: 7 };
  const noColumn = { sidColumn: undefined };

  testCases(
    '%s',
    ['dynamics', 'update'],
    [
      ['has a SID, and had none', sidSaved(taskSid, null), 'present task exclusive'],
      ['keeps its SID', sidSaved(callSid, callSid), 'present call exclusive'],
      ['its image’s SID', saved({}, [image({ [column]: callSid })]), 'present call exclusive'],
      ['gets another SID', sidSaved(taskSid, callSid), callToTask],
      ...[null, '', 'n/a', 7, { Value: 1 }].map((value): Case => {
        return [`gets ${JSON.stringify(value)} for a SID`, sidSaved(value, callSid), offTheCall];
      }),
      ['gets a SID, and no image has the old one', sidSaved(taskSid), 'present task exclusive'],
      ['loses a SID, and no image has it', sidSaved(null), 'present exclusive'],
      ['still has no SID', saved({ [column]: null }, noSidBefore), 'present'],
      ['has no SID, and the column is not set', saved({}, noSidBefore), 'present'],
      ['has its old SID in one image', saved({ [column]: taskSid }, twoImages), callToTask],
      [
        'has its old SID in the other image',
        saved({ [column]: taskSid }, twoImages.toReversed()),
        callToTask,
      ],
      ['has a SID in other columns', saved({ new_twilioSid: callSid, title: callSid }), 'present'],
      ['has a SID, and no column is set', sidSaved(taskSid, callSid), 'present', noColumn],
      ['has a SID in another column', sidSaved(taskSid), 'present', { sidColumn: 'new_x' }],
      ['has odd columns, and no column is set', odd, 'present', noColumn],
    ],
  );

  it.each([
    ['create', saved({ [column]: null }), 'present'],
    ['delete', {}, 'removed call exclusive'],
    ['delete', { PreEntityImages: [] }, 'removed exclusive'],
    ['delete', { PreEntityImages: null }, 'removed exclusive'],
  ])('%s with %j', (file, changes, gives) => {
    checkCase(['dynamics', file], changes, gives);
  });
});

describe('an issue of Jira', () => {
  /** An issue whose field holds a SID, with these items in the log. */
  const issue = (sid: unknown, ...items: unknown[]): Changes => ({
    'issue.fields.customfield_10101': sid,
    changelog: { id: '1', items },
  });
  const withoutFields = (...items: unknown[]): Changes => ({
    'issue.fields': null,
    changelog: { id: '1', items },
  });
  /** An item of the log about the field of the SID. */
  const logged = (before: unknown, after: unknown, more: Changes = {}) => ({
    ...{ field: 'Twilio SID', fieldtype: 'custom', fieldId: 'customfield_10101' },
    ...{ from: null, fromString: before, to: null, toString: after },
    ...more,
  });
  const changed = logged(callSid, taskSid);
  const { toString: _, ...withoutToString } = logged(callSid, null);
  const otherField = logged(callSid, taskSid, { fieldId: 'customfield_10102' });
  const noField = { sidField: undefined };

  testCases(
    'with %s',
    ['jira', 'updated'],
    [
      ['a SID in another field', { 'issue.fields.customfield_10102': taskSid }, 'present'],
      ['a SID in the log alone', withoutFields(logged(null, callSid)), 'present call exclusive'],
      [
        'a SID as an id in the log alone',
        withoutFields(logged(null, null, { to: callSid })),
        'present call exclusive',
      ],
      ['another SID', issue(taskSid, changed), callToTask],
      [
        'another SID, the old one as an id',
        issue(taskSid, logged(null, taskSid, { from: callSid })),
        callToTask,
      ],
      [
        'a SID that is later than the one in the log',
        issue(otherSid, changed),
        'removed call moved, present other exclusive',
      ],
      ['no SID any more', issue(null, logged(callSid, null)), offTheCall],
      ['a text for a SID', issue('n/a', logged(callSid, 'n/a')), offTheCall],
      ['a log without "toString"', issue(null, withoutToString), offTheCall],
      ['a log without "toString", and no fields', withoutFields(withoutToString), offTheCall],
      ['an empty item in the log', issue(taskSid, {}), 'present task exclusive'],
      ['items in the log that are no changes', issue(taskSid, null, 7, changed, 'x'), callToTask],
      [
        'other fields in the log',
        issue(taskSid, otherField, logged('', otherSid, { fieldId: 'x' })),
        'present task exclusive',
      ],
      ['a SID, and no field is set', issue(taskSid, changed), 'present', noField],
    ],
  );
});

describe('a change of a Case in Salesforce', () => {
  const name = 'Twilio_Conversation_SID__c';
  /** A change event with this SID, and these lists in its header. */
  const event = (sid: unknown, header: Changes = {}): Changes => ({
    [`payload.${name}`]: sid,
    ...Object.fromEntries(
      Object.entries(header).map(([field, value]) => [`payload.ChangeEventHeader.${field}`, value]),
    ),
  });
  const status = ['Status'];
  const nulled = { changedFields: ['LastModifiedDate'], nulledFields: [name] };

  testCases(
    'with %s',
    ['salesforce', 'sid_set'],
    [
      ['another SID', event(taskSid), 'present task exclusive'],
      ['null for a SID', event(null), 'present exclusive'],
      ['an empty SID', event(''), 'present exclusive'],
      ['a text for a SID', event('n/a'), 'present exclusive'],
      ['a changed SID that is absent', event(undefined), 'present exclusive'],
      ['a SID that is listed as emptied', event(undefined, nulled), 'present exclusive'],
      ['other changed fields', event(undefined, { changedFields: status }), 'present'],
      [
        'a SID that it is enriched with',
        event(callSid, { changedFields: status }),
        'present call exclusive',
      ],
      [
        'no SID among all fields, unchanged',
        event(null, { changedFields: status, nulledFields: [] }),
        'present',
      ],
      ['no list, a SID', event(taskSid, { changedFields: undefined }), 'present task exclusive'],
      ['no list, and a text for a SID', event('n/a', { changedFields: [] }), 'present exclusive'],
      ['a SID, and no field is set', {}, 'present', { sidField: undefined }],
      ...['CREATE', 'UNDELETE', 'GAP_CREATE', 'GAP_UPDATE', 'GAP_UNDELETE'].flatMap((changeType) =>
        [[], undefined, [name]].map((changedFields): Case => {
          const what = `a ${changeType} that lists ${JSON.stringify(changedFields)}, and no SID`;
          return [what, event(null, { changeType, changedFields }), 'present'];
        }),
      ),
      ...['DELETE', 'GAP_DELETE'].map((changeType): Case => {
        const changes = event(callSid, { changeType, changedFields: [] });
        return [`a ${changeType} that is enriched with a SID`, changes, 'removed call exclusive'];
      }),
    ],
  );
});

describe('a ticket of Intercom', () => {
  const sid = 'data.item.ticket.ticket_attributes.Twilio SID';
  const part = 'data.item.ticket_part.updated_attribute_data';
  const otherLabel = { [`${part}.attribute.label`]: 'Root cause' };
  const unknown = { [`${part}.value`]: {} };
  const noAttributes = { 'data.item.ticket.ticket_attributes': null, [part]: null };

  testCases(
    'with %s',
    ['intercom', 'ticket_attribute_updated'],
    [
      ['another SID', {}, callToTask],
      ['a SID, the old one unknown', unknown, 'present task exclusive'],
      ...['', null, 'ERP-17', []].map((previous): Case => {
        const changes = { [`${part}.value.previous`]: previous };
        return [`a SID in place of ${JSON.stringify(previous)}`, changes, 'present task exclusive'];
      }),
      ['no SID any more', { [sid]: null }, offTheCall],
      ['no SID any more, the old one unknown', { [sid]: '', ...unknown }, 'present exclusive'],
      ['a change of another attribute', otherLabel, 'present task exclusive'],
      ['a SID, and no attribute is set', {}, 'present', { sidAttribute: undefined }],
      ['a SID in another attribute', {}, 'present', { sidAttribute: 'constructor' }],
      ['no attributes', noAttributes, 'present'],
    ],
  );
});

describe('a record of ServiceNow', () => {
  const deleted = { operation: 'delete', previous_sid: '' };

  testCases(
    'with %s',
    ['servicenow', 'updated'],
    [
      ['a first SID', { previous_sid: '', sid: taskSid }, 'present task exclusive'],
      ['the same SID', { previous_sid: taskSid, sid: taskSid }, 'present task exclusive'],
      ['another SID', { previous_sid: callSid, sid: taskSid }, callToTask],
      ['no SID any more', { previous_sid: callSid, sid: '' }, offTheCall],
      ['no SID before either', { previous_sid: '', sid: '' }, 'present'],
      ['a deletion', deleted, 'removed call exclusive'],
      ['a deletion without a SID', { ...deleted, sid: '' }, 'removed exclusive'],
    ],
  );
});

describe('a ticket of HubSpot', () => {
  const value = '0.propertyValue';
  const sensitive = { '0.isSensitive': true };
  const noProperty = { sidProperty: undefined };

  testCases(
    'with %s',
    ['hubspot', 'sid_set'],
    [
      ['no SID any more', { [value]: '' }, 'present exclusive'],
      ['a SID that is sensitive', sensitive, 'present call exclusive'],
      ['a redacted SID', { [value]: 'REDACTED' }, 'present'],
      ['a redacted SID that is sensitive', { [value]: 'REDACTED', ...sensitive }, 'present'],
      ['an empty SID that is sensitive', { [value]: '', ...sensitive }, 'present'],
      ['null for a SID that is sensitive', { [value]: null, ...sensitive }, 'present'],
      ['no value', { [value]: undefined }, 'present'],
      ['a SID in another property', { '0.propertyName': 'Twilio_SID' }, 'present'],
      ['a SID in no property', { '0.propertyName': undefined }, 'present'],
      ['a SID in another event', { '0.subscriptionType': 'object.restore' }, 'present'],
      ['a SID, and no property is set', {}, 'present', noProperty],
      ['a SID in none, and none is set', { '0.propertyName': undefined }, 'present', noProperty],
    ],
  );
});

describe('a ticket by Standard Webhooks', () => {
  const severalSids = { 'data.taskSid': taskSid, 'data.conversationSid': conversationSid };

  it.each([
    ['deleted', { 'data.taskSid': taskSid }, 'removed task exclusive'],
    ['deleted', { 'data.taskSid': null }, 'removed exclusive'],
    ['unlinked', {}, 'removed call'],
    ['updated', {}, 'present call'],
    ['updated', { 'data.taskSid': null, 'data.callSid': null }, 'present'],
    ['updated', severalSids, 'present task call chat'],
  ])('%s with %j', (file, changes, gives) => {
    checkCase(['standard-webhooks', file], changes, gives);
  });
});
