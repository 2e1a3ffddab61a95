import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crm } from '../../../fixtures/intercom/crm.ts';
import { readPayload } from '../../../fixtures/load.ts';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { hubSignature } from '../../../shared/crm/signing/hmac.ts';
import { intercom } from '../../../shared/crm/sources/intercom.ts';
import { callSid, conversationSid, json, noSids, taskSid } from '../../crm-change/webhook.ts';
import { fieldsOf, problemsOf } from '../problems.ts';

const settings = { appId: 'abc123de', sidAttribute: 'Twilio SID' };
const id = '215472629311235';

const notification = (name: string, changes: object = {}) => ({
  ...json(readPayload('intercom', `${name}.json`).toString()),
  ...changes,
});
/** A topic that tells of the ticket itself. */
const ofTicket = (item: object, changes: object = {}) =>
  notification('ticket_state_updated', {
    data: { item: { type: 'ticket', id, updated_at: 1736330782, ...item } },
    ...changes,
  });
/** A topic that tells of a part of the ticket. */
const ofPart = (ticket: object, ticket_part?: unknown) =>
  notification('ticket_attribute_updated', {
    data: { item: { ticket: { id, updated_at: 1736331211, ...ticket }, ticket_part } },
  });

const normalise = (body: unknown, of: object = settings) => intercom.normalise(body, of);

const problems = (body: unknown) => problemsOf(() => normalise(body));
const fields = (body: unknown) => fieldsOf(() => normalise(body));

describe("Intercom's signature", () => {
  const secret = 'a client secret of an app';
  const now = Date.parse('2026-11-23T09:30:00Z');
  const isIn = (body: Buffer, signature: string, secrets = [secret]) =>
    intercom.authenticate(
      {
        method: 'POST',
        url: 'https://api.example.com/webhooks/intercom',
        pathToken: undefined,
        headers: new Map([['x-hub-signature', signature]]),
        body,
      },
      secrets,
      now,
      settings,
    );
  const isSentIn = (created_at: unknown) => {
    const body = Buffer.from(JSON.stringify(notification('ping', { created_at })));
    return isIn(body, hubSignature('sha1', secret, body));
  };

  it('agrees with the published answer', () => {
    // https://www.rfc-editor.org/rfc/rfc2202#section-3
    const body = Buffer.from('what do ya want for nothing?');
    const expected = 'sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79';
    expect(hubSignature('sha1', 'Jefe', body)).toBe(expected);
    expect(isIn(body, expected, ['Jefe'])).toBe(true);
    expect(isIn(body, expected, ['jefe'])).toBe(false);
  });

  it('is one of sha1 and of no other method', () => {
    const body = readPayload('intercom', 'ping.json');
    const hex = createHmac('sha256', secret).update(body).digest('hex');
    expect(isIn(body, `sha256=${hex}`)).toBe(false);
    expect(isIn(body, `sha1=${hex}`)).toBe(false);
  });

  it('is worth something for a day, and for five minutes before its time', () => {
    const seconds = now / 1000;
    expect(isSentIn(seconds - 24 * 60 * 60)).toBe(true);
    expect(isSentIn(seconds - 24 * 60 * 60 - 1)).toBe(false);
    expect(isSentIn(seconds + 5 * 60)).toBe(true);
    expect(isSentIn(seconds + 5 * 60 + 1)).toBe(false);
  });

  it('of a greeting that tells no time is right', () => {
    expect(isSentIn(undefined)).toBe(true);
    expect(normalise(notification('ping', { created_at: undefined }))).toMatchObject([
      { kind: 'ignored' },
    ]);
  });
});

describe('a ticket event of Intercom', () => {
  it.each([
    'ticket.created',
    'ticket.state.updated',
    'ticket.note.created',
    'ticket.closed',
    'ticket.resolved',
    'ticket.mood.changed',
  ])('%s puts the link there, whether it tells of the ticket or of a part', (topic) => {
    const present = [{ kind: 'present', id, sids: {} }];
    expect(normalise(ofTicket({}, { topic }))).toMatchObject(present);
    expect(normalise({ ...ofPart({}), topic })).toMatchObject(present);
  });

  it.each([
    'ping',
    'conversation.admin.closed',
    'ticket',
    'ticket.deleted',
    'tickets.created',
    'my.ticket.created',
    '',
  ])('is not what %j is: that is ignored', (topic) => {
    expect(normalise({ topic })).toEqual([{ kind: 'ignored', reason: 'not a ticket event' }]);
  });

  it.each(['ticket_created', 'ticket_closed', 'conversation_deleted'])(
    'of another workspace is ignored: %s',
    (name) => {
      const ignored = [{ kind: 'ignored', reason: 'of another workspace' }];
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

  it('may give its id as a number, one beyond 2^53 as well', () => {
    expect(normalise(ofTicket({ id: 42 }))).toMatchObject([{ id: '42' }]);
    expect(normalise(ofTicket({ id: 2n ** 60n }))).toMatchObject([{ id: '1152921504606846976' }]);
  });

  it.each([
    ['no id', ofTicket({ id: undefined }), ['data.item.id']],
    ['an id that could be a path', ofTicket({ id: '../x' }), ['data.item.id']],
    ['no id in a part', ofPart({ id: null }), ['data.item.ticket.id']],
    ['a ticket that is none', notification('ticket_created', { data: {} }), ['data.item']],
    ['an update in milliseconds', ofTicket({ updated_at: 1e12 }), ['data.item.updated_at']],
    ['an update in ISO 8601', ofPart({ updated_at: '2025' }), ['data.item.ticket.updated_at']],
    ['no moment', ofTicket({}, { created_at: null }), ['created_at']],
    ['no workspace', ofTicket({}, { app_id: 7 }), ['app_id']],
    [
      'attributes that are none',
      ofTicket({ ticket_attributes: [] }),
      ['data.item.ticket_attributes'],
    ],
    [
      'no conversation that was deleted',
      notification('conversation_deleted', { data: { item: { id } } }),
      ['data.item.conversation_id'],
    ],
  ])('with %s is refused by the name of the field', (_what, body, expected) => {
    expect(fields(body)).toEqual(expected);
  });

  it.each([[null], [[]], ['text'], [{}], [{ topic: 7 }], [{ topic: 'ticket.created' }]])(
    'is not %j',
    (body) => {
      expect(fields(body)).not.toBe('none');
    },
  );

  it('is never quoted when it is refused', () => {
    const body = ofTicket({ id: 'Jane Doe', updated_at: 'Jane Doe' });
    expect(fields(body)).toHaveLength(2);
    expect(JSON.stringify(problems(body))).not.toMatch(/Jane/);
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
  const update = (value: object, label = 'Twilio SID') => ({
    updated_attribute_data: { attribute: { label }, value },
  });
  const version = '1736331211000';

  it.each([
    ['a Task', taskSid, { taskSid }],
    ['a call', ` ${callSid}\n`, { callSid }],
    ['a conversation', conversationSid, { conversationSid }],
    ['none where the attribute is empty', '', {}],
    ['none where it is null', null, {}],
    ['none where it holds something else', 'ERP-17', {}],
    ['none where it is no text', 7, {}],
  ])('is %s', (_what, sid, sids) => {
    expect(normalise(ofTicket(holding(sid)))).toMatchObject([{ kind: 'present', sids }]);
    expect(normalise(ofPart(holding(sid)))).toMatchObject([{ kind: 'present', sids }]);
  });

  it('is none where the ticket comes without attributes, or none is set', () => {
    const none = [{ kind: 'present', sids: {} }];
    expect(normalise(ofTicket({ ticket_attributes: null }))).toMatchObject(none);
    const { appId } = settings;
    expect(normalise(notification('ticket_attribute_updated'), { appId })).toMatchObject(none);
    expect(
      normalise(ofTicket(holding(taskSid)), { appId, sidAttribute: 'constructor' }),
    ).toMatchObject(none);
  });

  it('changes: gone from the old one, and the new one wins', () => {
    expect(
      normalise(ofPart(holding(taskSid), update({ label: taskSid, previous: callSid }))),
    ).toMatchObject([
      { kind: 'removed', sids: { callSid }, version: '1736331210999', moved: true },
      { kind: 'present', sids: { taskSid }, version, alone: true },
    ]);
  });

  it('changes: gone from wherever it was, where that is not told', () => {
    expect(normalise(ofPart(holding(taskSid), update({ label: taskSid })))).toMatchObject([
      { kind: 'present', sids: { taskSid }, version, alone: true },
    ]);
  });

  it.each(['', null, 'ERP-17', []])('was none where the attribute held %j', (previous) => {
    expect(normalise(ofPart(holding(taskSid), update({ previous })))).toMatchObject([
      { kind: 'present', sids: { taskSid }, version },
    ]);
  });

  it('is left when the attribute is emptied; then only taskAttribute can name one', () => {
    const ticket = { id, occurredAt: 1736331211000 };
    const sids = { callSid };
    const left = { ...ticket, kind: 'removed', sids, version: '1736331210999', moved: true };
    const present = { ...ticket, kind: 'present', sids: {}, version, alone: true };
    const told = ofPart(holding(null), update({ previous: callSid }));
    expect(normalise(told)).toEqual([left, present]);
    expect(normalise(ofPart(holding(''), update({})))).toEqual([present]);
  });

  it('stays when another attribute changes', () => {
    const other = update({ previous: callSid }, 'Root cause');
    expect(normalise(ofPart(holding(taskSid), other))).toMatchObject([
      { kind: 'present', sids: { taskSid }, version },
    ]);
  });

  it('does not depend on a part of another shape', () => {
    fc.assert(
      fc.property(fc.anything(), (part) => {
        expect(normalise(ofPart(holding(taskSid), part))).toMatchObject([{ sids: { taskSid } }]);
      }),
    );
  });
});

describe('the settings of Intercom', () => {
  const isRight = (changes: object) =>
    SourceConfig.safeParse({ kind: 'intercom', ...crm.settings, secret: 's', ...changes }).success;

  it('need the workspace, so that none is told of another', () => {
    expect(isRight({})).toBe(true);
    expect(isRight({ sidAttribute: undefined })).toBe(true);
    for (const appId of [
      undefined,
      '',
      7.5,
      null,
      'a/b',
      'https://app.intercom.com/a/apps/abc123de',
    ]) {
      expect([appId, isRight({ appId })]).toEqual([appId, false]);
    }
  });
});
