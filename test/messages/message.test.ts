import { describe, expect, it } from 'vitest';
import {
  isConfirmation,
  Message,
  messageGroupId,
  readReplayMark,
  replayAttributes,
} from '../../shared/messages/message.ts';
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
