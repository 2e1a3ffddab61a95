import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zendesk } from '../../../shared/crm/sources/zendesk.ts';
import { callSid, fixture, json, noSids, taskSid } from '../../crm-change/webhook.ts';

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
  it.each(['soft_deleted', 'permanently_deleted', 'merged', 'marked_as_spam'])(
    '%s takes the link away',
    (name) => {
      const gone = { kind: 'removed', id: '5158', version, exclusive: true };
      expect(normalise(event(name))[0]).toMatchObject(gone);
      const byItself = event(name, { detail: { status: 'OPEN', tags: null } });
      expect(normalise(byItself)[0]).toMatchObject(gone);
    },
  );

  it('of a merge puts the other ticket in the place of this one', () => {
    const merged = (changes: Record<string, unknown>) => normalise(event('merged', changes));
    const other = { kind: 'present', id: '5200', version, replaces: '5158' };
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
});

describe('the conversation of a Zendesk ticket', () => {
  const other = `WT${'d'.repeat(32)}`;
  const fieldChange = (previous: unknown, current: unknown, detail = {}, id: unknown = sidField) =>
    event('custom_field_changed', {
      detail,
      event: { custom_field: { id, title: 'x', type: 'text' }, current, previous },
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
      expect(normalise(payload).filter((change) => 'exclusive' in change)).toEqual([]);
    }
  });

  it('is the only one where Zendesk does not say what the field held', () => {
    const untold = fieldChange(undefined, { value: taskSid }, { external_id: callSid });
    const sids = { taskSid, callSid };
    expect(normalise(untold)).toMatchObject([{ kind: 'present', sids, exclusive: true }]);
    expect(normalise(fieldChange(undefined, { value: null }))).toMatchObject([
      { kind: 'present', sids: noSids, exclusive: true },
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
      { kind: 'removed', sids: { taskSid }, version, exclusive: true },
    ]);
  });

  it('loses a deleted ticket under both its old and its new SID', () => {
    const payload = fieldChange({ value: other }, { value: taskSid }, { status: 'DELETED' });
    expect(normalise(payload)).toMatchObject([
      { kind: 'removed', sids: { taskSid }, version, exclusive: true },
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
    expect(normalise(removal)).not.toMatchObject([{ exclusive: true }]);
    const everywhere = { ...filledIn(''), change: 'removed' };
    expect(normalise(everywhere)).toMatchObject([
      { kind: 'removed', sids: noSids, exclusive: true },
    ]);
  });
});
