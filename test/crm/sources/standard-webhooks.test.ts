import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { standardWebhooks } from '../../../shared/crm/sources/standard-webhooks.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import { parseJsonBody } from '../../../shared/http/request.ts';
import { callSid, conversationSid, json, noSids, taskSid } from '../../crm-change/webhook.ts';
import { problemsOf } from '../problems.ts';

const normalise = (payload: unknown) => standardWebhooks.normalise(payload, {});

const event = (data: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  type: 'ticket.updated',
  timestamp: '2026-11-22T09:30:00.123456Z',
  ...rest,
  data: { id: '4711', ...data },
});
const fields = (payload: unknown) => {
  try {
    normalise(payload);
  } catch (error) {
    if (error instanceof HttpError) return error.problems.map(({ field }) => field);
    throw error;
  }
  return 'none';
};

describe('a ticket event by Standard Webhooks', () => {
  it('is read as the documentation publishes it', () => {
    const page = new URL('../../../docs/sources/standard-webhooks.md', import.meta.url);
    const blocks = [...readFileSync(page, 'utf8').matchAll(/```json\n([\s\S]*?)```/g)];
    const body = blocks.map((match) => match[1] ?? '').find((block) => block.includes('"type"'));
    expect(normalise(json(body ?? ''))).toEqual([
      {
        kind: 'present',
        id: '4711',
        version: '42',
        occurredAt: 1795339800123,
        sids: { taskSid },
        url: 'https://desk.example.com/tickets/4711',
        title: 'Ticket 4711',
      },
    ]);
  });

  it.each([
    ['ticket.created', 'present'],
    ['ticket.updated', 'present'],
    ['ticket.unlinked', 'removed'],
    ['ticket.deleted', 'removed'],
  ])('%s is a ticket that is %s', (type, kind) => {
    expect(normalise(event({ callSid }, { type }))).toMatchObject([{ kind }]);
  });

  it('takes a ticket that is deleted off all conversations, whether it names one or none', () => {
    const deleted = (data: Record<string, unknown>) =>
      normalise(event(data, { type: 'ticket.deleted' }));
    expect(deleted({ taskSid: null })).toMatchObject([{ sids: noSids, alone: true }]);
    expect(deleted({ taskSid: null, callSid })).toMatchObject([{ sids: { callSid }, alone: true }]);
  });

  it('takes a ticket that is unlinked off the conversations that it names, and no others', () => {
    const unlinked = (data: Record<string, unknown>) =>
      normalise(event(data, { type: 'ticket.unlinked' }));
    expect(unlinked({ taskSid: null, callSid })).toMatchObject([{ sids: { callSid } }]);
    expect(unlinked({ callSid })).not.toMatchObject([{ alone: true }]);
    expect(problemsOf(() => unlinked({ taskSid: null }))).toMatchObject([{ field: 'data' }]);
  });

  it('may be one of several for a ticket that is on several conversations', () => {
    expect(normalise(event({ callSid }))).not.toMatchObject([{ alone: true }]);
  });

  it.each(['ticket.viewed', 'user.created', '', 'constructor', '__proto__'])(
    'of type %j is ignored, whatever its data',
    (type) => {
      expect(normalise({ type, data: 7 })).toEqual([
        { kind: 'ignored', reason: 'not a ticket event' },
      ]);
    },
  );

  it('has its time in milliseconds for a version when it brings none', () => {
    expect(normalise(event())).toMatchObject([{ version: '1795339800123' }]);
    expect(normalise(event({ version: null }))).toMatchObject([{ version: '1795339800123' }]);
  });

  it.each([
    ['"18446744073709551615"', '18446744073709551615'],
    ['18446744073709551615', '18446744073709551615'],
    ['9007199254740993', '9007199254740993'],
    ['42', '42'],
    ['0', '0'],
  ])('has the version %s exactly', (written, version) => {
    const body = JSON.stringify(event({ version: 'V' })).replace('"V"', written);
    expect(normalise(parseJsonBody(Buffer.from(body)))).toMatchObject([{ version }]);
  });

  it.each([
    '19342813113834066795298816',
    '-1',
    '1.5',
    '1e30',
    '1e999',
    '"042"',
    '""',
    'true',
    '"x"',
  ])('with the version %s is refused', (written) => {
    const body = JSON.stringify(event({ version: 'V' })).replace('"V"', written);
    expect(fields(parseJsonBody(Buffer.from(body)))).toEqual(['data.version']);
  });

  it('takes an integer for an id, however long', () => {
    const body = JSON.stringify(event({ id: 'I' })).replace('"I"', '12345678901234567890');
    const [change] = normalise(parseJsonBody(Buffer.from(body)));
    expect(change).toMatchObject({ id: '12345678901234567890' });
  });

  it('may name the conversation by several SIDs', () => {
    const sids = { taskSid, callSid, conversationSid };
    expect(normalise(event(sids))).toMatchObject([{ sids }]);
  });

  it('leaves fields alone that it does not know, and takes null for absent', () => {
    const data = { priority: 'high', url: null, title: null, taskSid: null, callSid: null };
    expect(normalise(event(data, { extra: 1 }))).toEqual(normalise(event()));
  });

  it.each([
    ['data.id', { id: undefined }],
    ['data.id', { id: 'a b' }],
    ['data.id', { id: '' }],
    ['data.url', { url: 7 }],
    ['data.title', { title: {} }],
    ['data.taskSid', { taskSid: callSid }],
    ['data.callSid', { callSid: 'CA1' }],
    ['data.conversationSid', { conversationSid: '' }],
  ])('with a wrong %s is refused by that name', (field, data) => {
    expect(fields(event(data))).toEqual([field]);
  });

  it('without a type, a timestamp or data is refused by their names', () => {
    expect(fields({})).toEqual(['type']);
    expect(fields(null)).toEqual(['body']);
    expect(fields({ type: 'ticket.created' })).toEqual(['timestamp', 'data']);
  });
});
