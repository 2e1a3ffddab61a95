import { describe, expect, it } from 'vitest';
import {
  isConfirmation,
  Message,
  messageGroupId,
  readReplayMark,
  replayAttributes,
} from '../../shared/messages/message.ts';
import { queueOf } from '../../shared/messages/queue-of.ts';
import { TicketId, Version } from '../../shared/messages/ticket-change.ts';
import { confirmationMessage, reconcileMessage, ticketChange } from '../sync/messages.ts';

const taskSid = `WT${'1'.repeat(32)}`;
const confirmation = confirmationMessage(taskSid, 1);

describe('a message', () => {
  it.each([
    ['a change', ticketChange(7, { taskSid })],
    ['a reconcile', reconcileMessage(taskSid)],
    ['a confirmation', confirmation],
  ])('may be %s', (_, message) => {
    expect(Message.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it.each([
    ['facts without a round', { ...confirmation, meta: reconcileMessage(taskSid).meta }],
    ['a round without facts', { ...confirmation, change: undefined }],
    [
      'a round without a repair streak',
      { ...confirmation, meta: { ...reconcileMessage(taskSid).meta, confirmationRound: 1 } },
    ],
  ])('is not valid as a reconcile with %s', (_, message) => {
    expect(Message.safeParse(message).error?.issues[0]?.message).toMatch('a confirmation needs');
  });

  it('is not valid with an unknown field, at any level', () => {
    const message = ticketChange(7, { taskSid });
    for (const changed of [
      { ...message, extra: 1 },
      { ...message, meta: { ...message.meta, extra: 1 } },
      { ...message, change: { ...message.change, extra: 1 } },
    ]) {
      expect(Message.safeParse(changed).success).toBe(false);
    }
  });

  it('is a confirmation if it says what was written', () => {
    expect(isConfirmation(confirmation)).toBe(true);
    expect(isConfirmation(reconcileMessage(taskSid))).toBe(false);
    expect(isConfirmation(ticketChange(7, {}))).toBe(false);
  });

  it('belongs to the group of its source, or to that of the Tasks', () => {
    expect(messageGroupId(ticketChange(7, {}))).toBe('zendesk');
    expect(messageGroupId(confirmation)).toBe('Tasks');
  });
});

it('the mark of a replay is the same after SQS', () => {
  const mark = { replay: 'r1', deadLetterId: 'd1' };
  const received = Object.entries(replayAttributes(mark)).map(([name, { StringValue = '' }]) => [
    name,
    { stringValue: StringValue, dataType: 'String' as const },
  ]);
  expect(readReplayMark(Object.fromEntries(received))).toEqual(mark);
  expect(readReplayMark({})).toBeUndefined();
});

const callSid = `CA${'1'.repeat(32)}`;
const attribute = { name: 'zd_ticket_id', value: '1' };

it.each([
  ['changes', 'a change that names its Task', ticketChange(1, { taskSid })],
  ['changes', 'one that its ticket names too', ticketChange(1, { taskSid, attribute })],
  ['changes', 'an event of TaskRouter', reconcileMessage(taskSid)],
  ['changes', 'a message that is not valid', undefined],
  ['lookups', 'a change that names a call', ticketChange(1, { callSid })],
  ['lookups', 'one that names both', ticketChange(1, { taskSid, callSid })],
  ['lookups', 'a change by an attribute', ticketChange(1, { attribute })],
  ['lookups', 'one that moves', ticketChange(1, { taskSid }, { exclusive: true })],
  ['lookups', 'one that was merged', ticketChange(1, { taskSid, replaces: 'zendesk/2' })],
  ['lookups', 'a confirmation', confirmationMessage(taskSid, 1)],
] as const)('%s gets %s', (queue, _, message) => {
  expect(queueOf(message)).toBe(queue);
});

describe('a version', () => {
  it.each(['0', '1', '9007199254740993', '19342813113834066795298815'])('may be %s', (version) => {
    expect(Version.safeParse(version).success).toBe(true);
  });

  it.each([
    '',
    'x',
    '-1',
    '1.0',
    '01',
    '19342813113834066795298816',
    '1'.repeat(27),
    '1'.repeat(300_000),
  ])('is rejected without an exception if it is not valid (%#)', (version) => {
    expect(Version.safeParse(version).success).toBe(false);
  });
});

describe('a ticket id', () => {
  it.each(['1', 'INC0010023', 'a.b', '...', '.a', '-'])('may be %s', (id) => {
    expect(TicketId.safeParse(id).success).toBe(true);
  });

  it.each(['', '.', '..', 'a/b', 'a b', 'é', 'a\n', 'x'.repeat(65)])('is not %j', (id) => {
    expect(TicketId.safeParse(id).success).toBe(false);
  });
});
