import { describe, it } from 'vitest';
import type { Changes } from '../../../fixtures/payload-with.ts';
import { callSid, taskSid } from '../../crm-change/webhook.ts';
import { type Case, checkCase, otherSid, testCases } from './check-case.ts';

describe('an issue of Jira that moves to another project', () => {
  /** The move in the log, and a change of the SID if there is one. */
  const log = (from: unknown, ...sids: [from: string, to: string | null] | []): Changes => {
    const [oldSid, newSid] = sids;
    const key = { field: 'Key', fromString: from, toString: 'BILL-7' };
    const sid = { field: 'Twilio SID', fieldId: 'customfield_10101' };
    const change = { ...sid, fromString: oldSid, toString: newSid };
    return { changelog: { id: '1', items: sids.length === 0 ? [key] : [key, change] } };
  };
  const sidField = 'issue.fields.customfield_10101';
  const back = { field: 'Key', fromString: 'BILL-7', toString: 'SUP-42' };

  testCases(
    '%s',
    ['jira', 'moved'],
    [
      [
        'without a SID',
        { [sidField]: null },
        'removed SUP-42 exclusive, present BILL-7 for SUP-42, present BILL-7',
      ],
      [
        'and to another conversation',
        { [sidField]: taskSid, ...log('SUP-42', callSid, taskSid) },
        'removed SUP-42 call task exclusive, present BILL-7 task for SUP-42, ' +
          'removed BILL-7 call moved, present BILL-7 task exclusive',
      ],
      [
        'and from one call to another',
        { [sidField]: otherSid, ...log('SUP-42', callSid, otherSid) },
        'removed SUP-42 other exclusive, removed SUP-42 call, present BILL-7 other for SUP-42, ' +
          'removed BILL-7 call moved, present BILL-7 other exclusive',
      ],
      [
        'and off its conversation',
        { [sidField]: null, ...log('SUP-42', callSid, null) },
        'removed SUP-42 call exclusive, present BILL-7 for SUP-42, ' +
          'removed BILL-7 call moved, present BILL-7 exclusive',
      ],
      [
        'and back again',
        { 'issue.key': 'SUP-42', changelog: { id: '1', items: [back] } },
        'removed BILL-7 call exclusive, present SUP-42 call for BILL-7, ' +
          'present SUP-42 call exclusive',
      ],
      ...['BILL-7', null, '', 'not a key', 7].map((from): Case => {
        const problem = from === 7 || from === 'not a key' ? 'invalid, ' : '';
        const gives = `${problem}present BILL-7 call exclusive`;
        return [`from the key ${JSON.stringify(from)}`, log(from), gives];
      }),
    ],
    'with ids',
  );
});

describe('a ticket of Zendesk', () => {
  const fieldChange = (previous: unknown, current: unknown, more: Changes = {}): Changes => ({
    event: { custom_field: { id: '360001234567', title: 'x' }, current, previous },
    ...more,
  });
  const otherField = (id: unknown): Changes => ({
    event: { custom_field: { id }, previous: {}, current: taskSid },
  });
  const boxed = (from: string | null, to: string | null, more: Changes = {}) =>
    fieldChange({ value: from }, { value: to }, more);
  const unknownTo = (to: string | null, more: Changes = {}) =>
    fieldChange(undefined, { value: to }, more);
  const onCall = { 'detail.external_id': callSid };
  const deleted = { 'detail.status': 'DELETED' };
  const noField = { sidField: undefined };

  testCases(
    'with %s in its field',
    ['zendesk', 'custom_field_changed'],
    [
      ['a boxed SID', boxed(null, taskSid), 'present task'],
      ['a bare SID', fieldChange(null, taskSid), 'present task'],
      ['a SID, the old one unknown', unknownTo(taskSid), 'present task exclusive'],
      ['no SID, the old one unknown', unknownTo(null), 'present exclusive'],
      [
        'a SID in external_id too, the old one unknown',
        unknownTo(taskSid, onCall),
        'present call task exclusive',
      ],
      ['a field whose id is a number', otherField(360001234567), 'present task exclusive'],
      ['a SID in another field', otherField('1'), 'present'],
      ['a SID, and no field is set', fieldChange({}, taskSid), 'present', noField],
      ['another SID', boxed(callSid, taskSid), 'removed call moved, present task'],
      ['a SID in external_id', fieldChange(null, { value: taskSid }, onCall), 'present call task'],
      ['a SID in place of its external_id', boxed(callSid, taskSid, onCall), 'present call task'],
      ['no SID any more', boxed(taskSid, null), 'removed task moved, present'],
      ['a text for a SID', boxed(taskSid, 'n/a'), 'removed task moved, present'],
      [
        'no SID any more but in external_id',
        boxed(taskSid, '', onCall),
        'removed task moved, present call',
      ],
      ['no SID any more, and deleted', boxed(taskSid, null, deleted), 'removed task exclusive'],
      [
        'another SID of the same kind, and deleted',
        boxed(otherSid, callSid, deleted),
        'removed call exclusive, removed other',
      ],
    ],
  );

  const externalId = (previous: unknown, current: unknown, more: Changes = {}): Changes => ({
    event: { previous, current, ...more },
  });
  const onTask = { 'detail.external_id': taskSid };
  const status = (name: string, tags: readonly string[] | null = null): Changes => ({
    'detail.status': name,
    'detail.tags': tags,
  });
  const present = 'present 5158';
  const removed = 'removed 5158 exclusive';

  it.each([
    [
      'external_id_changed',
      { ...onTask, ...externalId(callSid, taskSid) },
      'removed 5158 call moved, present 5158 task',
    ],
    [
      'external_id_changed',
      { ...onTask, ...externalId(taskSid, null) },
      'removed 5158 task moved, present 5158',
    ],
    [
      'external_id_changed',
      externalId(taskSid, callSid, { custom_field: null }),
      'removed 5158 task moved, present 5158 call',
    ],
    ['status_changed', onCall, 'present 5158 call'],
    ['merged', onCall, 'removed 5158 call exclusive, present 5200 call for 5158'],
    ['merged', { event: { target_ticket_id: undefined } }, removed],
    ['merged', { event: { target_ticket_id: null } }, removed],
    ['merged', { event: { target_ticket_id: '' } }, removed],
    ['merged', { event: { target_ticket_id: 'not an id' } }, `${removed}, invalid`],
    ['soft_deleted', status('OPEN'), removed],
    ['permanently_deleted', status('OPEN'), removed],
    ['marked_as_spam', status('OPEN'), removed],
    ['status_changed', deleted, removed],
    ['status_changed', { 'detail.status': 'SCRUBBED' }, removed],
    ['status_changed', status('CLOSED', ['a', 'closed_by_merge']), removed],
    ['status_changed', status('CLOSED', ['a']), present],
    ['status_changed', status('OPEN', ['closed_by_merge']), present],
    ['status_changed', { ...deleted, type: 'zen:event-type:ticket.undeleted' }, present],
    ['status_changed', { type: 'zen:event-type:ticket.mood_changed' }, present],
  ])('%s with %j', (file, changes, gives) => {
    checkCase(['zendesk', file], changes, gives, 'with ids');
  });

  testCases(
    'by a trigger with %s',
    ['zendesk', 'trigger'],
    [
      ['a removal', { sid: taskSid, change: 'removed' }, 'removed task'],
      ['a removal without a SID', { sid: '', change: 'removed' }, 'removed exclusive'],
      ['no SID', { sid: undefined }, 'present'],
      ['spaces for a SID', { sid: '  ' }, 'present'],
    ],
  );
});

describe('a merge of HubSpot tickets', () => {
  const merge = (merged: readonly number[], primary: number, newId: unknown): Changes => ({
    '0.mergedObjectIds': merged,
    '0.primaryObjectId': primary,
    '0.newObjectId': newId,
  });
  const oneInto3 = 'removed 1 exclusive, present 3 for 1, present 3';

  it.each([
    [
      merge([1, 2, 2], 3, 4),
      'removed 1 exclusive, present 4 for 1, removed 2 exclusive, present 4 for 2, ' +
        'present 4 for 3, present 4',
    ],
    [merge([1], 3, undefined), oneInto3],
    [merge([1], 3, null), oneInto3],
    [merge([1], 3, 3), oneInto3],
    [merge([1], 3, '3'), oneInto3],
    [
      merge([1, 3], 3, 4),
      'removed 1 exclusive, present 4 for 1, removed 3 exclusive, present 4 for 3, present 4',
    ],
    [merge([1, 3], 3, null), oneInto3],
    [{ ...merge([1], 3, null), '0.objectId': undefined }, oneInto3],
  ])('%j', (changes, gives) => {
    checkCase(['hubspot', 'merge'], changes, gives, 'with ids');
  });
});
