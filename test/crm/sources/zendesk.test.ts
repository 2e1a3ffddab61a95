import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zendesk } from '../../../shared/crm/sources/zendesk.ts';
import {
  callSid,
  conversationSid,
  fixture,
  json,
  noSids,
  taskSid,
} from '../../crm-change/webhook.ts';
import { fieldsOf, problemsOf } from '../problems.ts';

const sidField = '360001234567';
const normalise = (payload: unknown, settings: object = { sidField }) =>
  zendesk.normalise(payload, settings);

interface Event {
  readonly detail: Record<string, unknown>;
  readonly [field: string]: unknown;
}
const event = (name: string, changes: Record<string, unknown> = {}): Event => {
  const base = JSON.parse(fixture(`zendesk/${name}.json`));
  const { detail, ...rest } = changes;
  return { ...base, ...rest, detail: { ...base.detail, ...(detail as object | undefined) } };
};

const version = '1736354720987654321';
const problems = (payload: unknown) => problemsOf(() => normalise(payload));
const fields = (payload: unknown) => fieldsOf(() => normalise(payload));

describe('a changed field of a Zendesk ticket', () => {
  it('is read though something beside it is odd', () => {
    const odd = event('external_id_changed', {
      event: { custom_field: null, previous: taskSid, current: callSid },
    });
    expect(normalise(odd)).toMatchObject([
      { kind: 'removed', sids: { taskSid }, moved: true },
      { kind: 'present', sids: { callSid } },
    ]);
  });
});

describe('a ticket event of Zendesk', () => {
  it('is a ticket that is present, in its own nanosecond', () => {
    expect(normalise(event('status_changed'))).toEqual([
      { kind: 'present', id: '5158', version, occurredAt: 1736354720987, sids: {} },
    ]);
  });

  it.each(['created', 'status_changed', 'undeleted', 'attachment_linked_to_comment'])(
    '%s puts the link there',
    (name) => {
      expect(normalise(event(name))).toMatchObject([{ kind: 'present' }]);
    },
  );

  it.each(['soft_deleted', 'permanently_deleted', 'merged', 'marked_as_spam'])(
    '%s takes the link away',
    (name) => {
      const gone = { kind: 'removed', id: '5158', version, alone: true };
      expect(normalise(event(name))[0]).toMatchObject(gone);
      const byItself = event(name, { detail: { status: 'OPEN', tags: null } });
      expect(normalise(byItself)[0]).toMatchObject(gone);
    },
  );

  it('of a merge puts the other ticket in the place of this one', () => {
    const merged = (changes: Record<string, unknown>) => normalise(event('merged', changes));
    const other = { kind: 'present', id: '5200', version, inPlaceOf: '5158' };
    expect(merged({})).toMatchObject([{ kind: 'removed' }, { ...other, sids: noSids }]);
    const sids = { callSid };
    const onACall = { detail: { external_id: callSid } };
    expect(merged(onACall)).toMatchObject([
      { kind: 'removed', sids },
      { ...other, sids },
    ]);
    for (const target_ticket_id of [undefined, null, '', 'not an id']) {
      expect(merged({ event: { target_ticket_id } })).toMatchObject([{ kind: 'removed' }]);
      expect(merged({ event: { target_ticket_id } })).toHaveLength(1);
    }
  });

  it('of a ticket that is gone takes the link away, whatever else it tells', () => {
    const kinds = (detail: object, type?: string) =>
      normalise(event('status_changed', { detail, ...(type && { type }) })).map(({ kind }) => kind);
    expect(kinds({ status: 'DELETED' })).toEqual(['removed']);
    expect(kinds({ status: 'SCRUBBED' })).toEqual(['removed']);
    expect(kinds({ status: 'CLOSED', tags: ['a', 'closed_by_merge'] })).toEqual(['removed']);
    expect(kinds({ status: 'CLOSED', tags: ['a'] })).toEqual(['present']);
    expect(kinds({ status: 'OPEN', tags: ['closed_by_merge'] })).toEqual(['present']);
    expect(kinds({ status: 'DELETED' }, 'zen:event-type:ticket.undeleted')).toEqual(['present']);
  });

  it('of a type that does not exist yet puts the link there', () => {
    const type = 'zen:event-type:ticket.mood_changed';
    expect(normalise(event('status_changed', { type }))).toMatchObject([{ kind: 'present' }]);
  });

  it.each([
    'zen:event-type:user.created',
    'zen:event-type:organization.name_changed',
    'zen:event-type:messaging_ticket.message_added',
    'zen:event-type:ticket.',
    'ticket.created',
    '',
  ])('is not what %j is: that is ignored', (type) => {
    expect(normalise({ type })).toEqual([{ kind: 'ignored', reason: 'not a ticket event' }]);
  });

  it('may give its id as a number, one beyond 2^53 as well', () => {
    const id = (value: unknown) => normalise(event('created', { detail: { id: value } }));
    expect(id(5158)).toMatchObject([{ id: '5158' }]);
    expect(id(39313930383633353634323835n)).toMatchObject([{ id: '39313930383633353634323835' }]);
  });

  it.each([
    ['an id that is missing', { detail: { id: undefined } }, ['detail.id']],
    ['an id of null', { detail: { id: null } }, ['detail.id']],
    ['an id that could be a path', { detail: { id: '..' } }, ['detail.id']],
    ['an id with a slash', { detail: { id: '1/2' } }, ['detail.id']],
    ['an id with a fraction', { detail: { id: 1.5 } }, ['detail.id']],
    ['a time that is none', { time: 'yesterday' }, ['time']],
    ['a time that is a number', { time: 1736354720 }, ['time']],
    ['a type that is no text', { type: 7 }, ['type']],
  ])('with %s is refused by the name of the field', (_what, changes, expected) => {
    expect(fields(event('created', changes))).toEqual(expected);
  });

  it.each([[null], [[]], ['text'], [7], [{}], [{ detail: {} }]])('is not %j', (payload) => {
    expect(fields(payload)).not.toBe('none');
  });
});

describe('the conversation of a Zendesk ticket', () => {
  const other = `WT${'d'.repeat(32)}`;
  const fieldChange = (previous: unknown, current: unknown, detail = {}, id: unknown = sidField) =>
    event('custom_field_changed', {
      detail,
      event: { custom_field: { id, title: 'x', type: 'text' }, current, previous },
    });

  it('is in the ticket field for it', () => {
    expect(normalise(event('custom_field_changed'))).toMatchObject([
      { kind: 'present', version, sids: { taskSid } },
    ]);
  });

  it.each([
    ['boxed', { value: null }, { value: taskSid }],
    ['bare', null, taskSid],
    ['without a previous value', undefined, { value: taskSid }],
    ['with spaces around it', { value: '' }, { value: ` ${taskSid}\n` }],
  ])('is read when the value is %s', (_what, previous, current) => {
    expect(normalise(fieldChange(previous, current))).toMatchObject([
      { kind: 'present', sids: { taskSid } },
    ]);
  });

  it('is read whether the field has its id as text or as a number', () => {
    const change = fieldChange({}, { value: taskSid }, {}, Number(sidField));
    expect(normalise(change)).toMatchObject([{ sids: { taskSid } }]);
  });

  it('is not in another field, nor in any when none is set', () => {
    const elsewhere = fieldChange({}, { value: taskSid }, {}, '1');
    expect(normalise(elsewhere)).toMatchObject([{ kind: 'present', sids: noSids }]);
    const unset = normalise(event('custom_field_changed'), {});
    expect(unset).toMatchObject([{ kind: 'present', sids: noSids }]);
  });

  it.each([
    ['a Task', { taskSid }, taskSid],
    ['a call', { callSid }, callSid],
    ['a conversation', { conversationSid }, conversationSid],
  ])('may be %s in external_id', (_what, sids, external_id) => {
    expect(normalise(event('status_changed', { detail: { external_id } }))).toMatchObject([
      { sids },
    ]);
  });

  it.each(['', 'ERP-17', 'WT123', `SM${'a'.repeat(32)}`, 42, { value: taskSid }])(
    'is not told by an external_id of %j',
    (external_id) => {
      const [change] = normalise(event('status_changed', { detail: { external_id } }));
      expect(change).toMatchObject({ kind: 'present', sids: noSids });
    },
  );

  it.each([
    ['the field', fieldChange({ value: callSid }, { value: taskSid })],
    [
      'external_id',
      event('external_id_changed', {
        detail: { external_id: taskSid },
        event: { previous: callSid, current: taskSid },
      }),
    ],
  ])('changes with %s: gone from the old one, and the new one wins', (_what, payload) => {
    expect(normalise(payload)).toMatchObject([
      { kind: 'removed', sids: { callSid }, version: '1736354720987654320', moved: true },
      { kind: 'present', sids: { taskSid }, version },
    ]);
  });

  it('may be two, one in the field and one in external_id', () => {
    const both = fieldChange({ value: null }, { value: taskSid }, { external_id: callSid });
    expect(normalise(both)).toMatchObject([{ kind: 'present', sids: { taskSid, callSid } }]);
    const one = fieldChange({ value: callSid }, { value: taskSid }, { external_id: callSid });
    expect(normalise(one)).toMatchObject([{ kind: 'present', sids: { taskSid, callSid } }]);
  });

  it('is not said to be the only one, for it may have another in the other place', () => {
    for (const payload of [
      fieldChange({ value: callSid }, { value: taskSid }),
      fieldChange({ value: callSid }, { value: null }),
      event('external_id_changed'),
      event('status_changed', { detail: { external_id: callSid } }),
    ]) {
      expect(normalise(payload).filter((change) => 'alone' in change)).toEqual([]);
    }
  });

  it('is the only one where Zendesk does not say what the field held', () => {
    const untold = fieldChange(undefined, { value: taskSid }, { external_id: callSid });
    const sids = { taskSid, callSid };
    expect(normalise(untold)).toMatchObject([{ kind: 'present', sids, alone: true }]);
    expect(normalise(fieldChange(undefined, { value: null }))).toMatchObject([
      { kind: 'present', sids: noSids, alone: true },
    ]);
  });

  it('is left when its SID is emptied out; then only taskAttribute can name one', () => {
    const ticket = { id: '5158', occurredAt: 1736354720987 };
    const left = [
      {
        ...ticket,
        kind: 'removed',
        sids: { taskSid },
        version: '1736354720987654320',
        moved: true,
      },
      { ...ticket, kind: 'present', sids: {}, version },
    ];
    expect(normalise(fieldChange({ value: taskSid }, { value: null }))).toEqual(left);
    expect(normalise(fieldChange({ value: taskSid }, { value: 'n/a' }))).toEqual(left);
    const cleared = event('external_id_changed', {
      detail: { external_id: taskSid },
      event: { previous: taskSid, current: null },
    });
    expect(normalise(cleared)).toEqual(left);
  });

  it('is the one in external_id when the field is emptied', () => {
    const detail = { external_id: callSid };
    expect(normalise(fieldChange({ value: other }, { value: '' }, detail))).toMatchObject([
      { kind: 'removed', sids: { taskSid: other } },
      { kind: 'present', sids: { callSid } },
    ]);
  });

  it('is left for good by a deleted ticket, though its SID was emptied out as well', () => {
    const payload = fieldChange({ value: taskSid }, { value: null }, { status: 'DELETED' });
    expect(normalise(payload)).toMatchObject([
      { kind: 'removed', sids: { taskSid }, version, alone: true },
    ]);
  });

  it('loses a deleted ticket under both its old and its new SID', () => {
    const payload = fieldChange({ value: other }, { value: taskSid }, { status: 'DELETED' });
    expect(normalise(payload)).toMatchObject([
      { kind: 'removed', sids: { taskSid }, version, alone: true },
      { kind: 'removed', sids: { taskSid: other }, version },
    ]);
  });

  it('does not depend on an event body of another shape', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        const payload = event('custom_field_changed', { event: body });
        expect(normalise(payload).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("the trigger's body", () => {
  const page = readFileSync(new URL('../../../docs/sources/zendesk.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const template = blocks.find((block) => block.includes('ticket-changed/1')) ?? '';
  const filledIn = (sid: string, updatedAt = '2025-01-08T16:45:20Z') =>
    json(
      template
        .replace('{{ticket.id}}', '5158')
        .replace('{{ticket.updated_at_with_timestamp}}', updatedAt)
        .replace('{{ticket.ticket_field_360001234567}}', sid),
    );
  const present = {
    kind: 'present',
    id: '5158',
    version: '1736354720000000000',
    occurredAt: 1736354720000,
  };

  it('is read as the documentation publishes it', () => {
    expect(normalise(filledIn(taskSid))).toEqual([{ ...present, sids: { taskSid } }]);
    expect(normalise(filledIn(callSid))).toEqual([{ ...present, sids: { callSid } }]);
  });

  it('has no SID where the placeholder comes out empty, or is left out', () => {
    const { sid: _, ...without } = filledIn('');
    expect(normalise(filledIn(''))).toEqual([{ ...present, sids: {} }]);
    expect(normalise(filledIn('  '))).toEqual([{ ...present, sids: {} }]);
    expect(normalise(without)).toEqual([{ ...present, sids: {} }]);
  });

  it('orders its changes by minutes where the placeholder gives no seconds', () => {
    const [change] = normalise(filledIn('', '2013-12-12T05:35Z'));
    expect(change).toMatchObject({ version: '1386826500000000000' });
  });

  it('may take the link away', () => {
    const removal = { ...filledIn(taskSid), change: 'removed' };
    expect(normalise(removal)).toMatchObject([{ kind: 'removed', sids: { taskSid } }]);
    expect(normalise(removal)).not.toMatchObject([{ alone: true }]);
    const everywhere = { ...filledIn(''), change: 'removed' };
    expect(normalise(everywhere)).toMatchObject([{ kind: 'removed', sids: noSids, alone: true }]);
  });

  it.each([
    ['another schema', { schema: 'ticket-changed/2' }, ['schema']],
    ['no schema but the field', { schema: null }, ['schema']],
    ['an unknown field', { subject: 'x' }, ['body']],
    ['a SID that is none', { sid: 'n/a' }, ['sid']],
    ['a SID that is a number', { sid: 7 }, ['sid']],
    ['a change that is none', { change: 'deleted' }, ['change']],
    ['no id', { ticket_id: '' }, ['ticket_id']],
    ['no time', { updated_at: '' }, ['updated_at']],
    ['all of it wrong', { ticket_id: null, updated_at: null }, ['ticket_id', 'updated_at']],
  ])('with %s is refused by the name of the field', (_what, changes, expected) => {
    expect(fields({ ...filledIn(taskSid), ...changes })).toEqual(expected);
  });

  it('is never quoted when it is refused', () => {
    const payload = { ...filledIn('Jane Doe'), ticket_id: 'Jane Doe', updated_at: 'Jane Doe' };
    expect(JSON.stringify(problems(payload))).not.toMatch(/Jane/);
  });
});
