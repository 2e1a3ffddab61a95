import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { explainTask } from '../../../ops/explain/explain-task.ts';
import type { Explanation } from '../../../ops/explain/explanation.ts';
import { printExplanation } from '../../../ops/explain/print.ts';
import { ticketsOnTask } from '../../../shared/crm/tickets-on-task.ts';
import { rewrite } from '../../../shared/media/rewrite.ts';
import type { KnownTicket } from '../../../shared/messages/message.ts';
import type { Reservation, ReservationStatus } from '../../../shared/messages/segments.ts';
import { linkConfigs } from '../../sync/messages.ts';

const sid = `WT${'1'.repeat(32)}`;
const segment = (digit: string) => `WR${digit.repeat(32)}`;
const reservation = (digit: string, status: ReservationStatus = 'accepted'): Reservation => ({
  sid: segment(digit),
  status,
});
const at = '2026-11-22T10:15:00.000Z';
const version = String(Date.parse(at));
const linked = (id: string, change: Partial<KnownTicket> = {}): KnownTicket => ({
  ticket: `zendesk/${id}`,
  version,
  link: {
    type: 'Referenced',
    url: `https://acme.zendesk.com/agent/tickets/${id}`,
    title: `No ${id}`,
  },
  placed: true,
  ...change,
});
const recording = {
  type: 'VoiceRecording',
  url: 'https://api.twilio.com/Jane-Doe/RE1',
  title: 'Jane Doe',
};

/** Attributes after these tickets were written to them. */
const written = (
  attributes: object,
  on: readonly Reservation[],
  ...tickets: KnownTicket[]
): object => {
  const options = { namedTickets: ticketsOnTask(linkConfigs) };
  return JSON.parse(rewrite(JSON.stringify(attributes), on, tickets, options).attributes ?? '');
};
const explain = (attributes: unknown, on: readonly Reservation[], all = false): Explanation =>
  explainTask(
    { sid, attributes: JSON.stringify(attributes), status: 'assigned' },
    on,
    linkConfigs,
    all,
  );
const on = [reservation('1')];
const whys = ({ reconcile }: Explanation) => reconcile.reasons.map(({ why }) => why);

describe('explain', () => {
  it('lists each item that a segment shows, its writer, and its place in the attributes', () => {
    const conversations = { media: [recording] };
    const attributes = written({ conversations }, on, linked('7'));
    const { segments, reconcile } = explain(attributes, [...on, reservation('2', 'pending')]);
    expect(segments).toMatchObject([
      {
        sid: segment('1'),
        target: true,
        mediaFrom: 'segment',
        media: [
          { type: 'VoiceRecording', tickets: [], host: 'api.twilio.com' },
          { type: 'Referenced', tickets: ['zendesk/7'], host: 'acme.zendesk.com' },
        ],
      },
      { sid: segment('2'), target: false, mediaFrom: 'task', media: [{ type: 'VoiceRecording' }] },
    ]);
    expect(reconcile).toEqual({ writes: false, reasons: [] });
  });

  it('shows the defaults if no list of media exists', () => {
    const conversations = { segment_link: recording.url };
    const { segments } = explain({ conversations, channelSid: 'CH1' }, on);
    expect(segments[0]?.mediaFrom).toBe('defaults');
    expect(segments[0]?.media).toMatchObject([
      { type: 'VoiceRecording' },
      { type: 'ChatTranscript' },
    ]);
  });

  it('shows only type and host of media of other writers, unless asked for', () => {
    const odd = { type: 'Jane Doe was here', url: 'https://crm.example.com/Jane-Doe' };
    const attributes = written({ name: 'Jane Doe' }, on, linked('7'));
    const conversations = { media: [recording, odd] };
    const explained = explain({ ...attributes, conversations }, [...on, reservation('2')]);
    expect(whys(explained)).toContain('inherited-added');
    expect(JSON.stringify(explained)).not.toMatch(/Jane.Doe/);
    const all = explain({ ...attributes, conversations }, [reservation('2')], true);
    expect(all.segments[0]?.media).toMatchObject([{ item: recording }, { item: odd }]);
  });

  it('flags a Raw link in first position', () => {
    const raw = { type: 'Raw', url: 'https://crm.example.com/1' };
    const first = explain({ conversations: { media: [raw, recording] } }, on);
    expect(first.segments[0]?.rawFirst).toBe(true);
    const second = explain({ conversations: { media: [recording, raw] } }, on);
    expect(second.segments[0]?.rawFirst).toBe(false);
  });

  it('shows each ticket of the ledger', () => {
    const gone = linked('8', { link: null, version: '12', placed: false });
    const attributes = written({}, on, linked('7'), gone);
    const because = ['placed'];
    expect(explain(attributes, on).tickets).toEqual([
      { ticket: 'zendesk/7', version, at, because, state: 'linked', link: linked('7').link },
      { ticket: 'zendesk/8', version: '12', because: [], state: 'removed' },
    ]);
  });

  it.each<[string | undefined, KnownTicket[], object[]]>([
    [undefined, [linked('7')], [{ because: ['placed'], state: 'linked' }]],
    ['7', [linked('7')], [{ because: ['placed', 'named'], state: 'linked' }]],
    ['7', [], [{ because: ['named'], state: 'linked', version: '0' }]],
    [
      '6',
      [
        linked('6', { link: null, placed: false }),
        { ...linked('7'), placed: false, replaces: 'zendesk/6' },
      ],
      [
        { because: ['named'], state: 'removed' },
        { because: ['named-before-merge'], state: 'linked' },
      ],
    ],
    [
      undefined,
      [{ ...linked('7', { version: '0', named: true }), placed: undefined }],
      [{ because: ['kept'], state: 'linked' }],
    ],
  ])('says why a ticket is there: the Task names %s, the CRM says %j', (named, told, expected) => {
    const { tickets } = explain(written({ zd_ticket_id: named }, on, ...told), on);
    expect(tickets).toMatchObject(expected);
  });

  it('shows a ticket that the Task no longer names as such, in words too', () => {
    const before = written({ zd_ticket_id: '7' }, on);
    const explained = explain(written({ ...before, zd_ticket_id: '8' }, on), on);
    expect(explained.tickets).toMatchObject([
      { ticket: 'zendesk/7', because: [], state: 'not-named' },
      { ticket: 'zendesk/8', because: ['named'], state: 'linked' },
    ]);
    const text = printExplanation(explained, pc.createColors(false));
    expect(text).toContain('zendesk/7  no longer named by the Task  no CRM change received');
    expect(text).toContain('tickets/8  named by the Task; no CRM change received');
  });

  it('shows a link that another writer removed from every list, which a reconcile cannot restore', () => {
    const attributes = written({}, on, linked('7'));
    const explained = explain({ ...attributes, reservation_attributes: {} }, on);
    expect(explained.tickets).toMatchObject([{ ticket: 'zendesk/7', state: 'missing' }]);
  });

  it('shows up to which version links were evicted', () => {
    const many = Array.from({ length: 60 }, (_, index) => linked(`${1000 + index}`));
    const { watermarks, tickets, size } = explain(written({}, on, ...many), on);
    expect(tickets.length).toBeLessThan(60);
    expect(watermarks).toEqual([{ source: 'zendesk', version, at }]);
    expect(size.used).toBeLessThanOrEqual(size.limit);
  });

  it('counts the managed characters: without us the attributes are shorter by them', () => {
    const foreign = { name: 'Jane', conversations: { media: [recording] } };
    const attributes = written(foreign, on, linked('7'));
    const { size } = explain(attributes, on);
    expect(size.used).toBe(JSON.stringify(attributes).length);
    expect(size.used - size.managed).toBe(JSON.stringify(foreign).length);
    expect(explain(foreign, []).size.managed).toBe(0);
  });
});

describe('a ticket that the Task names', () => {
  it('is shown if it is not linked, and the Task is not up to date then', () => {
    const explained = explain({ zd_ticket_id: 80 }, on);
    expect(explained.notLinked).toEqual(['zendesk/80']);
    const text = printExplanation(explained, pc.createColors(false));
    expect(text).toContain('zendesk/80  named by the Task, not linked');
    expect(text).not.toContain('the Task is up to date');
  });

  it('is not shown if its link is there, or was removed', () => {
    const taken = { ticket: 'zendesk/7', version, link: null, placed: false };
    expect(explain(written({ zd_ticket_id: '7' }, on, linked('7')), on).notLinked).toEqual([]);
    expect(explain(written({ zd_ticket_id: '7' }, on, taken), on).notLinked).toEqual([]);
  });
});

const link = { type: 'Referenced', url: 'https://acme.zendesk.com/agent/tickets/7' };

it.each([7, null, { customer: 'PHI of Ada' }, ['PHI of Ada'], true])(
  'what other writers put into a link of ours is not shown: a title of %j',
  (title) => {
    const media = [{ ...link, title, note: 'PHI of Ada' }];
    const attributes = {
      ...written({}, on, linked('7')),
      reservation_attributes: { [segment('1')]: { media } },
    };
    const explained = explain(attributes, on);
    expect(explained.segments[0]?.media[0]?.tickets).toEqual(['zendesk/7']);
    expect(JSON.stringify(explained)).not.toContain('PHI of Ada');
    expect(printExplanation(explained, pc.createColors(false))).toContain(link.url);
  },
);

describe('what a reconcile would change', () => {
  const two = [...on, reservation('2')];
  const withLink = written({}, on, linked('7'));
  const withRecording = { conversations: { segment_link: recording.url } };
  const linkFirst = { media: [linked('7').link, recording] };
  const differing = JSON.stringify(written({}, two, linked('7'))).replace('"No 7"', '"A 7"');
  const addedRecording = { type: 'VoiceRecording', tickets: [], host: 'api.twilio.com' };

  it('is nothing on a Task without tickets', () => {
    expect(explain({ conversations: { media: [recording] } }, on).reconcile.writes).toBe(false);
  });

  it.each<[string, object, readonly Reservation[], object[]]>([
    [
      'the missing link of a later segment',
      withLink,
      two,
      [{ why: 'link-missing', segment: segment('2'), media: { tickets: ['zendesk/7'] } }],
    ],
    [
      'a recording that was added later',
      { ...withLink, ...withRecording },
      on,
      [{ why: 'inherited-added', segment: segment('1'), media: addedRecording }],
    ],
    [
      'both of a recording that was replaced',
      {
        ...written(withRecording, on, linked('7')),
        conversations: { segment_link: 'https://api.twilio.com/RE2' },
      },
      on,
      [{ why: 'inherited-added' }, { why: 'inherited-removed' }],
    ],
    [
      'a link that another writer changed in one segment',
      JSON.parse(differing),
      two,
      [{ why: 'link-differs', segment: segment('1') }],
    ],
    [
      'the order, if another writer put our link first',
      {
        ...written({ conversations: { media: [recording] } }, on, linked('7')),
        reservation_attributes: { [segment('1')]: linkFirst },
      },
      on,
      [{ why: 'order' }],
    ],
    [
      'bookkeeping, if no segment changes',
      { ...withLink, conversations: { media: [linked('7').link] } },
      on,
      [{ why: 'bookkeeping' }],
    ],
  ])('is %s', (_, attributes, reservations, reasons) => {
    const { reconcile } = explain(attributes, reservations);
    expect(reconcile).toMatchObject({ writes: true, reasons });
  });

  it('is which links are evicted, and from which segments', () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      linked(`${1000 + index}`, { version: String(1000 + index) }),
    );
    const attributes = written({}, on, ...many);
    const explained = explain({ ...attributes, notes: 'x'.repeat(2500) }, on);
    expect(whys(explained)).toContain('link-removed');
    expect(explained.reconcile.reasons[0]).toMatchObject({
      why: 'evicted',
      tickets: expect.arrayContaining(['zendesk/1000']),
    });
  });

  it('is nothing if there is no room for one link', () => {
    const explained = explain({ ...withLink, notes: 'x'.repeat(4096) }, two);
    expect(explained.problem?.reason).toBe('attributes-full');
    expect(explained.reconcile).toEqual({ writes: false, reasons: [] });
  });

  it.each([
    ['not JSON', '{', /not JSON/],
    ['no object', '7', /not a JSON object/],
    ['with another ledger', '{"crm_media_sync":"9 Jane Doe"}', /unknown format/],
    ['with a list where blocks should be', '{"reservation_attributes":[1]}', /not an object/],
  ])('is nothing on attributes that are %s', (_, attributes, detail) => {
    const explained = explainTask({ sid, attributes }, on, linkConfigs, false);
    expect(explained.problem).toEqual({
      reason: 'attributes-unreadable',
      detail: expect.stringMatching(detail),
    });
    expect(explained.reconcile).toEqual({ writes: false, reasons: [] });
    expect(JSON.stringify(explained)).not.toContain('Jane Doe');
  });
});
