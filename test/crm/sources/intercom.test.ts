import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { intercom } from '../../../shared/crm/sources/intercom.ts';
import { json } from '../../crm-change/webhook.ts';

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
const ofPart = (changes: object) =>
  notification('ticket_attribute_updated', {
    data: { item: { ticket: { id, updated_at: 1736331211 } } },
    ...changes,
  });

const normalise = (body: unknown) => intercom.normalise(body, settings);

describe('a ticket event of Intercom', () => {
  it.each(['ticket.created', 'ticket.note.created', 'ticket.resolved', 'ticket.mood.changed'])(
    '%s puts the link there, whether it is about the ticket or a part',
    (topic) => {
      const present = [{ kind: 'present', id, sids: {} }];
      expect(normalise(ofTicket({}, { topic }))).toMatchObject(present);
      expect(normalise(ofPart({ topic }))).toMatchObject(present);
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
});
