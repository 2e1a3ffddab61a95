import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { intercom } from '../../../shared/crm/sources/intercom.ts';
import { json, noSids, taskSid } from '../../crm-change/webhook.ts';

const settings = { appId: 'abc123de', sidAttribute: 'Twilio SID' };
const id = '215472629311235';

const notification = (name: string, changes: object = {}) => ({
  ...json(readPayload('intercom', `${name}.json`).toString()),
  ...changes,
});
/** A topic about the ticket itself. */
const ofTicket = (item: object, changes: object = {}) =>
  notification('ticket_state_updated', {
    data: { item: { type: 'ticket', id, updated_at: 1736330782, ...item } },
    ...changes,
  });
/** A topic about a part of the ticket. */
const ofPart = (ticket: object, ticket_part?: unknown) =>
  notification('ticket_attribute_updated', {
    data: { item: { ticket: { id, updated_at: 1736331211, ...ticket }, ticket_part } },
  });

const normalise = (body: unknown, of: object = settings) => intercom.normalise(body, of);

describe('a ticket event of Intercom', () => {
  const topics = ['ticket.created', 'ticket.state.updated', 'ticket.note.created', 'ticket.closed'];

  it.each([...topics, 'ticket.resolved', 'ticket.mood.changed'])(
    '%s puts the link there, whether it is about the ticket or a part',
    (topic) => {
      const present = [{ kind: 'present', id, sids: {} }];
      expect(normalise(ofTicket({}, { topic }))).toMatchObject(present);
      expect(normalise({ ...ofPart({}), topic })).toMatchObject(present);
    },
  );

  const others = ['ping', 'conversation.admin.closed', 'ticket', 'ticket.deleted', ''];

  it.each([...others, 'tickets.created', 'my.ticket.created'])(
    'is not what %j is: that is ignored',
    (topic) => {
      expect(normalise({ topic })).toEqual([{ kind: 'ignored', reason: 'not a ticket event' }]);
    },
  );

  it.each(['ticket_created', 'ticket_closed', 'conversation_deleted'])(
    'of another workspace is ignored: %s',
    (name) => {
      const ignored = [{ kind: 'ignored', reason: 'another workspace' }];
      expect(normalise(notification(name, { app_id: 'other123' }))).toEqual(ignored);
      expect(normalise(notification(name, { app_id: 'ABC123DE' }))).toEqual(ignored);
    },
  );

  it('has the second of its last update as its version, in milliseconds', () => {
    const created_at = 1736330999;
    expect(normalise(ofTicket({}, { created_at }))).toMatchObject([
      { version: '1736330782000', occurredAt: 1736330999000 },
    ]);
    expect(normalise(ofTicket({ updated_at: null }, { created_at }))).toMatchObject([
      { version: '1736330999000' },
    ]);
  });

  it('of a deletion wins over an update in the same second', () => {
    const deletion = normalise(notification('conversation_deleted', { created_at: 1736330782 }));
    expect(deletion).toMatchObject([
      { kind: 'removed', id, version: '1736330782000', sids: noSids },
    ]);
    expect(normalise(ofTicket({}))).toMatchObject([{ version: '1736330782000' }]);
  });
});

describe('the conversation of an Intercom ticket', () => {
  const holding = (sid: unknown) => ({ ticket_attributes: { 'Twilio SID': sid } });

  it('does not depend on a part of another shape', () => {
    fc.assert(
      fc.property(fc.anything(), (part) => {
        expect(normalise(ofPart(holding(taskSid), part))).toMatchObject([{ sids: { taskSid } }]);
      }),
    );
  });
});
