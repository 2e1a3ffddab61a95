import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, parseJson } from '../../shared/json.ts';
import { ledgerAttribute, parseLedger } from '../../shared/media/ledger.ts';
import { type Rewrite, rewrite } from '../../shared/media/rewrite.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import type { Link } from '../../shared/messages/ticket-change.ts';
import { blockOf, mediaOf, reservations, segment, ticketChange } from './arbitraries.ts';

const recording = { type: 'VoiceRecording', url: 'https://foreign.example/recording' };
const at = (url: string) => ({ ...recording, url });
const chat = { type: 'ChatTranscript', sid: 'CH1' };
const page = { type: 'Referenced', url: 'https://foreign.example/page', Title: 'Foreign' };
const link = (ticket: string) => ({
  type: 'Referenced',
  url: `https://tickets.example/${ticket}`,
  title: `Ticket ${ticket}`,
});

const one = reservations('accepted');
const two = reservations('completed', 'accepted');
const three = reservations('completed', 'completed', 'accepted');

const write = (attributes: JsonObject, targets = one, ...changes: KnownTicket[]): JsonObject => {
  const text = JSON.stringify(attributes);
  return parseJson(rewrite(text, targets, changes).attributes ?? text) as JsonObject;
};
const shown = (attributes: JsonObject, n = 1) => mediaOf(blockOf(attributes, segment(n)));
const withList = (attributes: JsonObject, ...media: Json[]): JsonObject => ({
  ...attributes,
  reservation_attributes: {
    ...(attributes['reservation_attributes'] as JsonObject | undefined),
    [segment(1)]: { media },
  },
});
const namesOf = (result: Rewrite) => result.outcomes.map(({ outcome }) => outcome);
const outcomes = (attributes: JsonObject, targets = one, ...changes: KnownTicket[]) =>
  namesOf(rewrite(JSON.stringify(attributes), targets, changes));

const call = { conversations: { segment_link: recording.url } };

describe('a ticket on a conversation', () => {
  it('follows the recording that Insights would have shown by itself', () => {
    const attributes = write(call, one, ticketChange('7', 1));
    expect(rewrite(JSON.stringify(call), one, [])).not.toHaveProperty('problem');
    expect(shown(attributes)).toEqual([recording, link('7')]);
    expect(attributes['conversations']).toEqual(call.conversations);
  });

  it('follows the transcript of a chat, and a recording before it, also if that is taken away', () => {
    const attributes = write({ channelSid: 'CH1' }, one, ticketChange('7', 1));
    expect(shown(attributes)).toEqual([chat, link('7')]);
    const before = write({ ...call, channelSid: 'CH1' }, one, ticketChange('7', 1));
    const taken = write({ ...before, conversations: {} }, two);
    expect(shown(taken, 2)).toEqual([recording, chat, link('7')]);
  });

  it.each([
    ['email', { type: 'EmailTranscript', conversation_sid: 'CH1' }],
    ['web', chat],
  ])(
    'keeps the transcript that a plugin takes away at wrap-up, until another comes: %s',
    (channelType, transcript) => {
      const before = write({ channelType, channelSid: 'CH1' }, one, ticketChange('7', 1));
      expect(shown(before)).toEqual([transcript, link('7')]);
      const { channelSid: _, ...taken } = before;
      const kept = write(taken, two);
      expect([shown(kept), shown(kept, 2)]).toEqual([
        [transcript, link('7')],
        [transcript, link('7')],
      ]);
      const listed = { ...kept, conversations: { media: [page] } };
      expect(shown(write(listed, two, ticketChange('7', 2, 'removed')))).toEqual([]);
      const removed = write(kept, two, ticketChange('7', 2, 'removed'));
      expect(shown(removed)).toEqual([transcript]);
      const [, second] = shown(
        write({ ...removed, channelSid: 'CH2', channelType: 'web' }, one, ticketChange('8', 1)),
      );
      expect(shown(write({ ...kept, channelSid: 'CH2', channelType: 'web' }))).toEqual([
        { type: 'ChatTranscript', sid: 'CH2' },
        link('7'),
      ]);
      expect(second).toEqual(link('8'));
    },
  );

  it.each([
    ['an empty list for conversations', { conversations: [] }, []],
    ['empty lists for blocks', { reservation_attributes: [] }, []],
    ['an empty list for a block', { reservation_attributes: { [segment(1)]: [] } }, []],
    ['one media item in place of a list', { conversations: { media: recording } }, [recording]],
    [
      'media under the keys 0 and 1',
      { conversations: { media: { 0: recording, 1: page } } },
      [recording, page],
    ],
  ])('is written although PHP wrote %s', (_, attributes, before) => {
    const after = write(attributes, one, ticketChange('7', 1));
    expect(shown(after)).toEqual([...before, link('7')]);
    expect(after['conversations']).toEqual(
      'conversations' in attributes ? attributes.conversations : undefined,
    );
  });

  it('is at task level once a Task that nobody accepted is canceled, after the defaults', () => {
    const on = reservations('rejected', 'timeout');
    const text = JSON.stringify(call);
    const change = ticketChange('7', 1);
    expect(rewrite(text, on, [change], { status: 'reserved' }).outcomes).toEqual([
      { outcome: 'waiting' },
    ]);
    const { attributes = '', outcomes } = rewrite(text, on, [change], { status: 'canceled' });
    expect(outcomes).toEqual([{ outcome: 'linked' }]);
    const after = parseJson(attributes) as JsonObject;
    expect(mediaOf(after['conversations'])).toEqual([recording, link('7')]);
    expect(after['reservation_attributes']).toBeUndefined();
    const onSegment = rewrite(text, one, [change]);
    expect(rewrite(text, one, [change], { status: 'canceled' })).toEqual(onSegment);
    const shared = { ...call.conversations, media: [recording, link('7'), page] };
    const extended = JSON.stringify({ ...after, conversations: shared });
    const { attributes: kept = '' } = rewrite(extended, on, [], { status: 'canceled' });
    expect(kept).toContain(JSON.stringify([recording, page, link('7')]));
    expect(rewrite(kept, on, [], { status: 'canceled' }).attributes).toBeUndefined();
    expect(rewrite(attributes, on, [change], { status: 'canceled' })).toMatchObject({
      attributes: undefined,
      outcomes: [{ outcome: 'unchanged' }],
    });
    const removal = ticketChange('7', 2, 'removed');
    const { attributes: rest = '' } = rewrite(attributes, on, [removal], { status: 'canceled' });
    expect(mediaOf((parseJson(rest) as JsonObject)['conversations'])).toEqual([]);
  });

  it('appears on each accepted, wrapping or completed reservation and on no other', () => {
    const attributes = write(
      call,
      reservations('completed', 'wrapping', 'accepted', 'pending', 'rejected', 'timeout'),
      ticketChange('7', 1),
    );
    expect(Object.keys(attributes['reservation_attributes'] as JsonObject)).toEqual(
      [1, 2, 3].map(segment),
    );
  });

  it('gives the same bytes for any order of the reservations', () => {
    const text = JSON.stringify(call);
    const forwards = rewrite(text, two, [ticketChange('7', 1)]).attributes;
    expect(rewrite(text, two.toReversed(), [ticketChange('7', 1)]).attributes).toBe(forwards);
  });

  it('is added to a segment that was accepted later, with no new change', () => {
    const before = write(call, reservations('accepted', 'pending'), ticketChange('7', 1));
    expect(shown(write(before, two), 2)).toEqual([recording, link('7')]);
  });

  it('brings in a recording that appears after it was written', () => {
    const before = write({}, one, ticketChange('7', 1));
    expect(shown(before)).toEqual([link('7')]);
    expect(shown(write({ ...before, ...call }))).toEqual([recording, link('7')]);
  });

  it('replaces a recording that became another, rather than play the old one', () => {
    const before = write(call, one, ticketChange('7', 1));
    const moved = write({ ...before, conversations: { segment_link: '2' } });
    expect(shown(moved)).toEqual([at('2'), link('7')]);
    const listed = write({ conversations: { media: [recording] } }, one, ticketChange('7', 1));
    expect(shown(write({ ...listed, conversations: {} }))).toEqual([link('7')]);
  });

  it.each<{ left: Json[]; media: Json[] }>([
    { left: [link('7')], media: [at('2'), link('7')] },
    { left: [page], media: [page, link('7')] },
    { left: [recording, page], media: [at('2'), page, link('7')] },
  ])('follows a new recording in a list of ours, unless others replaced all: %j', (given) => {
    const before = withList(write(call, one, ticketChange('7', 1)), ...given.left);
    const moved = { ...before, conversations: { segment_link: '2' } };
    expect(shown(write(moved, one, ticketChange('7', 1)))).toEqual(given.media);
  });

  it('brings what is new at task level to its neighbours in a list that others added to', () => {
    const taskList = (...media: Json[]) => ({ conversations: { media } });
    const before = write(taskList(at('2'), at('5')), one, ticketChange('7', 1));
    const extended = withList(before, page, at('2'), page, at('5'), link('7'));
    const after = write({ ...extended, ...taskList(...['1', '2', '3', '4', '5'].map(at)) });
    const [first, ...rest] = ['1', '2', '3', '4'].map(at);
    expect(shown(after)).toEqual([first, page, ...rest, page, at('5'), link('7')]);
  });

  it('brings a late recording to its place before what others added to our block', () => {
    const before = write({}, one, ticketChange('7', 1));
    const extended = withList(before, ...shown(before), page);
    expect(shown(write({ ...extended, ...call }))).toEqual([recording, page, link('7')]);
  });

  it('still follows the recording after a removal left only what others added', () => {
    const linked = write({}, one, ticketChange('7', 1));
    const extended = withList(linked, ...shown(linked), page);
    const removed = write(extended, one, ticketChange('7', 2, 'removed'));
    expect(shown(removed)).toEqual([page]);
    const again = write({ ...removed, ...call }, one, ticketChange('8', 1));
    expect(shown(again)).toEqual([recording, page, link('8')]);
  });

  it('leaves a segment with a list of its own to that list, and no empty list if it goes', () => {
    const own = withList({ channelSid: 'CH1' }, page);
    const { channelSid: _, ...linked } = write(own, two, ticketChange('7', 1));
    expect(shown(linked)).toEqual([page, link('7')]);
    const removed = write(withList(linked, link('7')), two, ticketChange('7', 2, 'removed'));
    expect([shown(removed), shown(removed, 2)]).toEqual([[chat], [chat]]);
  });

  it('is not doubled if somebody else already linked to its page', () => {
    const foreign = { conversations: { media: [recording, { ...link('7'), title: 'By hand' }] } };
    const attributes = write(foreign, one, ticketChange('7', 1));
    expect(shown(attributes)).toEqual([recording, link('7')]);
    expect(mediaOf(attributes['conversations'])).toEqual([recording]);
    const own = withList(call, ...foreign.conversations.media.slice(1));
    expect(shown(write(own, one, ticketChange('7', 1)))).toEqual([link('7')]);
  });

  it('is not ours if somebody else linked to its page while it was off the conversation', () => {
    const off = { ticket: 'crm/7', version: '2', placed: false };
    const without = write(write({}, one, ticketChange('7', 1)), one, off);
    const next = write(withList(without, link('7')), one, ticketChange('8', 1));
    expect(shown(next)).toEqual([link('7'), link('8')]);
  });

  it('is there once again if another writer repeats it', () => {
    const attributes = write(call, one, ticketChange('7', 1));
    expect(write(withList(attributes, ...shown(attributes), link('7')))).toEqual(attributes);
  });

  it('is off the conversation at once, although its new link waits for a segment', () => {
    const before = JSON.stringify(write(call, one, ticketChange('7', 1)));
    const moved = { ...ticketChange('7', 2), placed: false };
    const result = rewrite(before, reservations('pending'), [moved]);
    expect(result.outcomes).toEqual([{ outcome: 'waiting' }]);
    expect(result).toMatchObject({ removed: ['crm/7'], linked: [] });
    const after = parseJson(result.attributes ?? '') as JsonObject;
    expect(outcomes(after, one, moved)).toEqual(['unchanged']);
  });

  it('reports the segments in which a Raw link in first place hides it', () => {
    const raw = { type: 'Raw', url: 'https://foreign.example/raw' };
    const attributes = JSON.stringify({ conversations: { media: [raw, recording] } });
    expect(rewrite(attributes, one, [ticketChange('7', 1)]).hidden).toEqual([segment(1)]);
    const { hidden } = rewrite(attributes, [], [ticketChange('7', 1)], { status: 'canceled' });
    expect(hidden).toEqual(['']);
    expect(rewrite(JSON.stringify(call), one, [ticketChange('7', 1)]).hidden).toEqual([]);
  });

  it('shows two tickets of one page once', () => {
    const other = { ...ticketChange('8', 1), link: ticketChange('7', 1).link };
    const attributes = write(call, one, ticketChange('7', 1), other);
    expect(shown(attributes)).toEqual([recording, link('7')]);
    expect(shown(write(attributes, one, ticketChange('7', 2, 'removed')))).toEqual([
      recording,
      link('7'),
    ]);
  });

  it('is restored if somebody removed it from the media but left the ledger', () => {
    const attributes = write(call, one, ticketChange('7', 1));
    const { reservation_attributes: _, ...without } = attributes;
    expect(outcomes(without, one, ticketChange('7', 1))).toEqual(['linked']);
    const untold = { ticket: 'crm/7', version: '2', placed: true };
    expect(outcomes(without, one, untold)).toEqual(['unchanged']);
    expect(write(without, one, ticketChange('7', 1))).toEqual(attributes);
  });

  it('keeps two links apart whose URLs have the same short hash', () => {
    // 24 bits of SHA-256: found by trying.
    const [first, second] = ['https://tickets.example/c/1974', 'https://tickets.example/c/4023'];
    const linkTo = (url: string) => ({ type: 'Referenced', url }) as const;
    const attributes = write(
      call,
      one,
      ticketChange('1', 1, linkTo(first)),
      ticketChange('2', 1, linkTo(second)),
    );
    expect(shown(attributes)).toEqual([recording, linkTo(first), linkTo(second)]);
    const removed = write(attributes, one, ticketChange('3', 1));
    expect(shown(removed).slice(0, 3)).toEqual([recording, linkTo(first), linkTo(second)]);
  });
});

describe('a link of others with the hash of one of ours', () => {
  // 24 bits of SHA-256: found by trying.
  const [theirs, ours] = ['https://tickets.example/c/1974', 'https://tickets.example/c/4023'].map(
    (url) => ({ type: 'Referenced', url }) as const,
  ) as [Link & JsonObject, Link & JsonObject];

  it.each([
    ['in a list of its own', withList({}, page, theirs)],
    ['at task level', { conversations: { media: [recording, theirs] } }],
  ])('survives: %s', (_, foreign) => {
    const linked = write(foreign, two, ticketChange('1', 1, ours));
    for (const n of [1, 2]) expect(shown(linked, n).at(-1)).toEqual(ours);
    const next = write(linked, two, ticketChange('2', 1));
    expect(shown(next)).toEqual([...shown(linked), link('2')]);
    const { [ledgerAttribute]: __, ...rest } = write(
      next,
      two,
      ...['1', '2'].map((n) => ticketChange(n, 2, 'removed')),
    );
    expect(rest).toEqual(foreign);
  });

  it('is not taken for ours after it in fewer lists', () => {
    const linked = write({}, three, ticketChange('1', 1, ours));
    const next = write(withList(linked, ours, theirs), three, ticketChange('2', 1));
    expect(shown(next)).toEqual([theirs, ours, link('2')]);
  });
});

describe('the outcome of a change', () => {
  const off = (version: string) => ({ ticket: 'crm/6', version, placed: false });
  const linked = () => write(call, one, ticketChange('7', 5), off('5'));

  it.each<[outcome: string, KnownTicket]>([
    ['linked', ticketChange('8', 1)],
    ['linked', ticketChange('7', 6)],
    ['removed', ticketChange('7', 6, 'removed')],
    ['removed', ticketChange('7', 5, 'removed')],
    ['removed', ticketChange('9', 1, 'removed')],
    ['unchanged', ticketChange('7', 5)],
    ['stale', ticketChange('7', 4)],
    ['stale', ticketChange('7', 4, 'removed')],
    // Where the ticket is has a version of its own.
    ['removed', { ticket: 'crm/7', version: '6', placed: false }],
    ['stale', { ticket: 'crm/7', version: '4', placed: false }],
    ['linked', { ...ticketChange('7', 6), placed: false, placedVersion: '4' }],
    ['removed', { ...ticketChange('7', 4), placed: false, placedVersion: '6' }],
    ['stale', { ...ticketChange('7', 4), placed: false, placedVersion: '3' }],
    ['removed', off('6')],
    ['unchanged', off('5')],
    ['stale', off('4')],
  ])('is %s: %j', (outcome, next) => {
    expect(outcomes(linked(), one, next)).toEqual([outcome]);
  });

  it('is in the result beside the tickets whose links came to a segment or went', () => {
    const changed = (targets: typeof one, ...changes: KnownTicket[]) => {
      const { linked: came, removed } = rewrite(JSON.stringify(linked()), targets, changes);
      return { came, removed };
    };
    expect(changed(one)).toEqual({ came: [], removed: [] });
    expect(changed(two)).toEqual({ came: ['crm/7'], removed: [] });
    expect(changed(one, ticketChange('8', 1))).toEqual({ came: ['crm/8'], removed: [] });
    const removal = ticketChange('7', 6, 'removed');
    expect(changed(one, removal)).toEqual({ came: [], removed: ['crm/7'] });
  });

  it.each([
    { known: [], named: '1', shownNow: ['2'], shownLater: [] },
    { known: [], named: '3', shownNow: ['3'], shownLater: [] },
    { known: [], named: undefined, shownNow: [], shownLater: [] },
    { known: ['1'], named: '1', shownNow: ['2'], shownLater: ['2'] },
    { known: ['1'], named: undefined, shownNow: ['2'], shownLater: ['2'] },
  ])('of a merge is a link where the other ticket was: %j', ({ known, named, ...expected }) => {
    const before = write({}, one, ...known.map((ticket) => ticketChange(ticket, 1)));
    const { placed: _, ...merged } = { ...ticketChange('2', 2), replaces: 'crm/1' };
    const off = { ...ticketChange('1', 2, 'removed') };
    const show = (attributes: JsonObject, name: string | undefined, ...changes: KnownTicket[]) => {
      const { link: page } = ticketChange(name ?? '', 0);
      const namedTickets = () => (name && page ? [{ ticket: `crm/${name}`, link: page }] : []);
      const text = JSON.stringify(attributes);
      const result = rewrite(text, one, changes, { namedTickets });
      return parseJson(result.attributes ?? text) as JsonObject;
    };
    const ids = (attributes: JsonObject) =>
      shown(attributes).map((item) => (item as Link).url.slice(-1));
    const now = show(show(before, named, merged), named, off);
    expect(ids(now)).toEqual(expected.shownNow);
    expect(ids(show(now, undefined))).toEqual(expected.shownLater);
  });

  it('is given for each change of a batch, and one of two equal ones is unchanged', () => {
    const batch = [
      ticketChange('8', 2),
      ticketChange('8', 1),
      ticketChange('8', 2),
      ticketChange('7', 5),
    ];
    const result = outcomes(linked(), one, ...batch);
    expect(result).toEqual(['linked', 'stale', 'unchanged', 'unchanged']);
  });

  it('is waiting while no segment could show the link, and nothing is written', () => {
    const { placed: _placed, ...unplaced } = ticketChange('8', 5);
    const changes = [ticketChange('7', 5), unplaced];
    const result = rewrite('{}', reservations('pending', 'rejected'), changes);
    const outcomes = changes.map(() => ({ outcome: 'waiting' }));
    expect(result).toMatchObject({ attributes: undefined, outcomes });
  });

  it('is unmatched if no SID places the ticket here and the Task does not name it any more', () => {
    const { placed: _placed, ...link } = ticketChange('8', 1);
    expect(outcomes(linked(), one, link)).toEqual(['unmatched']);
  });

  it('is known at once for a removal, segment or not, so that a late link stays away', () => {
    const removed = write({}, reservations('pending'), ticketChange('7', 5, 'removed'));
    expect(outcomes(removed, one, ticketChange('7', 4))).toEqual(['stale']);
  });
});

describe('the limit of 4096 characters', () => {
  const long = (ticket: string, version: number) =>
    ticketChange(ticket, version, {
      type: 'Referenced',
      url: `https://tickets.example/${ticket}/`.padEnd(500, 'x'),
      title: `Ticket ${ticket}`,
    });

  it('writes links at task level before it drops titles, and drops titles before it drops links', () => {
    const padded = (length: number) =>
      rewrite(JSON.stringify({ padding: 'x'.repeat(length) }), two, [long('7', 1), long('8', 2)]);
    expect(padded(100).budget).toEqual({ atTaskLevel: false, titlesDropped: false, evicted: [] });
    expect(padded(2700).budget).toEqual({ atTaskLevel: true, titlesDropped: false, evicted: [] });
    expect(padded(2900).budget).toEqual({ atTaskLevel: true, titlesDropped: true, evicted: [] });
    const evicted = ['crm/7'];
    expect(padded(3000).budget).toEqual({ atTaskLevel: true, titlesDropped: false, evicted });
    expect(namesOf(padded(3000))).toEqual(['rejected', 'linked']);
  });

  it('turns away alone what nothing fits with, and takes in the others', () => {
    const padding = 'x'.repeat(3600);
    const small = ticketChange('1', 1);
    const text = JSON.stringify({ padding });
    const { placed: _, ...unmatched } = ticketChange('3', 10);
    const result = rewrite(text, one, [long('2', 9), small, long('2', 8), unmatched]);
    expect(namesOf(result)).toEqual(['rejected', 'linked', 'rejected', 'unmatched']);
    expect(rewrite(text, one, [long('2', 9)]).attributes).toBeUndefined();
    expect(result.problem).toBeUndefined();
    const again = rewrite(result.attributes ?? '', one, [long('2', 9), small]);
    expect(namesOf(again)).toEqual(['rejected', 'unchanged']);
    expect(again.attributes).toBeUndefined();
    const known = rewrite(result.attributes ?? '', one, [long('1', 9), small]);
    expect(namesOf(known)).toEqual(['rejected', 'unchanged']);
  });

  it('keeps the link of others to the same URL as a change that has no room', () => {
    const { link: large, ...change } = long('2', 9);
    const url = `${large?.url}`;
    const theirs = { type: 'Referenced', url, title: 'Theirs' };
    const block = { [segment(1)]: { media: [theirs] } };
    // The change would put its link on the second segment too: with it nothing fits, without it all does.
    const full = { reservation_attributes: block, padding: 'x'.repeat(4096 - url.length - 700) };
    const changes = [
      { ...change, link: { ...theirs, type: 'Embedded' as const } },
      ticketChange('1', 1),
    ];
    const result = rewrite(JSON.stringify(full), two, changes);
    expect(namesOf(result)).toEqual(['rejected', 'linked']);
    expect(shown(parseJson(result.attributes ?? '{}') as JsonObject)[0]).toEqual(theirs);
  });

  it('writes links at task level and into a block that holds something of others', () => {
    const linked = write({}, three, ticketChange('7', 1));
    const extended = withList({ ...linked, padding: 'x'.repeat(2200) }, ...shown(linked), page);
    const result = rewrite(JSON.stringify(extended), three, [long('8', 2)]);
    expect(result.budget).toMatchObject({ atTaskLevel: true, evicted: [] });
    const attributes = parseJson(result.attributes ?? '') as JsonObject;
    for (const list of [mediaOf(attributes['conversations']), shown(attributes)]) {
      expect(list.slice(-2)).toMatchObject([
        { url: link('7').url },
        { url: long('8', 2).link?.url },
      ]);
    }
    // They stay in both while no segment is known that shows them.
    expect(rewrite(result.attributes ?? '', [], []).attributes).toBeUndefined();
  });

  it('does not take back a link that had to make room, nor an older one of its ticket', () => {
    const full = write({ padding: 'x'.repeat(3000) }, one, long('7', 5), long('8', 6));
    expect(shown(full).length + mediaOf(full['conversations']).length).toBe(1);
    const roomy = { ...full, padding: '' };
    expect(outcomes(roomy, one, long('7', 5), long('7', 4))).toEqual(['rejected', 'rejected']);
    expect(outcomes(roomy, one, ticketChange('7', 4, 'removed'))).toEqual(['stale']);
    expect(outcomes(roomy, one, long('7', 7))).toEqual(['linked']);
  });

  it('makes room for a removal, and for no change beside it', () => {
    const taken = { conversations: 'taken' };
    const both = write(taken, one, long('7', 5), long('8', 6), ticketChange('9', 1, 'removed'));
    const room = 4096 - JSON.stringify(both).length - ',"more":""'.length;
    const full = { ...both, more: 'x'.repeat(room) };
    const again = [ticketChange('7', 4), long('7', 5)];
    expect(outcomes(full, three, ...again)).toEqual(['stale', 'unchanged']);
    expect(write(full, three, ticketChange('7', 4))).toEqual(full);
    const { problem } = rewrite(JSON.stringify(full), three, []);
    const detail = expect.stringContaining('within 4096 characters');
    expect(problem).toMatchObject({ reason: 'attributes-full', detail });
    expect(outcomes(full, three, ticketChange('7', 7, 'removed'))).toEqual(['removed']);
    const { reservation_attributes: blocks, ...rest } = write(
      full,
      three,
      ticketChange('7', 7, 'removed'),
    );
    expect([blocks, rest['more']]).toEqual([undefined, full.more]);
  });
});

describe('attributes that cannot be written to', () => {
  it.each([
    ['not JSON', 'the attributes are not JSON'],
    ['[1]', 'the attributes are not a JSON object'],
    ['{"reservation_attributes":[{}]}', 'reservation_attributes is not an object'],
    ['{"reservation_attributes":"x"}', 'reservation_attributes is not an object'],
    [`{"${ledgerAttribute}":"2 of tomorrow"}`, 'unknown format'],
    [`{"${ledgerAttribute}":7}`, 'not a string'],
    [`{"${ledgerAttribute}":"1 scribble"}`, 'does not have'],
    [`{"${ledgerAttribute}":"1 =abcde"}`, 'does not have'],
    [`{"${ledgerAttribute}":"1 &abcde"}`, 'does not have'],
    [`{"reservation_attributes":{"${segment(1)}":{"media":"x"}}}`, 'media is not a list'],
  ])('are distinguished from a full Task: %s', (text, detail) => {
    const result = rewrite(text, one, [ticketChange('7', 1)]);
    expect(result.attributes).toBeUndefined();
    const budget = { atTaskLevel: false, titlesDropped: false, evicted: [] };
    expect(result).toMatchObject({ tickets: [], linked: [], removed: [], hidden: [], budget });
    expect(result.outcomes).toMatchObject([
      {
        outcome: 'rejected',
        reason: 'attributes-unreadable',
        detail: expect.stringContaining(detail),
      },
    ]);
  });
});

describe('foreign data', () => {
  it('keeps numbers that a double cannot hold, and keys that a prototype would swallow', () => {
    const text = '{"id":39313930383633353634323835,"rate":1.0,"__proto__":{"a":1},"constructor":2}';
    const { attributes } = rewrite(text, one, [ticketChange('7', 1)]);
    expect(attributes?.startsWith(text.slice(0, -1))).toBe(true);
  });

  it('keeps a container that was never ours, empty or not', () => {
    const text =
      '{"reservation_attributes":{},"conversations":{"media":[]},"a":{"b":{"media":[7]}}}';
    expect(rewrite(text, one, [ticketChange('7', 1, 'removed')]).attributes).toContain(
      text.slice(1, -1),
    );
  });
});

describe('the ledger', () => {
  it('takes at most 19 characters a ticket beyond its key, for any version', () => {
    const greatest = String(2n ** 84n - 1n);
    const of = (...changes: KnownTicket[]) => String(write({}, one, ...changes)[ledgerAttribute]);
    const [first, second] = [ticketChange('1', greatest), ticketChange('22', greatest)];
    expect(of(first, second).length - of(first).length).toBe(second.ticket.length + 19);
    expect(parseLedger(of(first)).tickets.get('crm/1')?.version).toBe(2n ** 84n - 1n);
  });

  it('finds versions by number and not by text', () => {
    const linked = write({}, one, ticketChange('7', '99'));
    expect(outcomes(linked, one, ticketChange('7', '100'))).toEqual(['linked']);
  });
});
