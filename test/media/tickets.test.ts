import { describe, expect, it } from 'vitest';
import { rewrite } from '../../shared/media/rewrite.ts';
import { itemsOfOurs, parseTaskMedia } from '../../shared/media/task-media.ts';
import {
  isEvictedOrOlder,
  linkRank,
  placementWins,
  type TicketState,
  toKnownTicket,
  toTicketUpdate,
  wins,
} from '../../shared/media/tickets.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import { reservations, segment } from './arbitraries.ts';

const link = { type: 'Referenced' as const, url: 'https://tickets.example/7' };
const ticket = 'crm/7';
const stateOf = (known: Partial<KnownTicket>): TicketState => {
  const { ticket: _, replaces: __, ...state } = toTicketUpdate({ ticket, version: '5', ...known });
  return state;
};
const lost = (known: Partial<KnownTicket>) => ({ ...stateOf(known), link: undefined });

describe('the state of a ticket', () => {
  it.each([
    { version: '5', link, placed: true },
    { version: '5', link, placed: false },
    { version: '5', link, placed: true, placedVersion: '7' },
    { version: '5', link: null, placed: false },
    { version: '5', placed: false },
    { version: '5', link, named: true as const, alias: '1' },
  ])('is in a message as the message told it: %j', (known) => {
    expect(toKnownTicket(ticket, stateOf(known))).toStrictEqual({ ticket, ...known });
  });

  it('is in no message if the Task says all of it, and without a link that is lost', () => {
    expect(toKnownTicket(ticket, stateOf({ link: null }))).toBeUndefined();
    expect(toKnownTicket(ticket, lost({ link, named: true }))).toBeUndefined();
    const placed = { placed: true, placedVersion: '7' };
    const kept = { ticket, version: '7', placed: true };
    expect(toKnownTicket(ticket, lost({ link, ...placed }))).toEqual(kept);
  });

  it('wins by version, then by deletion, then by the greater link', () => {
    const titled = { ...link, title: 'A' };
    const ascending = [
      lost({ link }),
      ...[{ link }, { link: titled }, { link: null }].map(stateOf),
    ];
    ascending.push(stateOf({ version: '6', link }));
    for (const [n, one] of ascending.entries()) {
      expect(ascending.map((other) => wins(one, other))).toEqual(ascending.map((_, m) => m < n));
    }
    const placements = [
      { version: 1n, placed: true },
      { version: 1n, placed: false },
    ];
    const all = [undefined, ...placements, { version: 2n, placed: true }];
    for (const [n, one] of all.entries()) {
      expect(all.map((other) => placementWins(one, other))).toEqual(all.map((_, m) => m < n));
    }
  });

  it('is evicted or older up to the watermark of its source, if it is not known', () => {
    const isOld = (
      version: string,
      tickets: string[],
      watermarks: [string, bigint][],
      placedVersion?: string,
    ) =>
      isEvictedOrOlder(
        {
          tickets: new Map(tickets.map((key) => [key, stateOf({ link })])),
          watermarks: new Map(watermarks),
        },
        toTicketUpdate({ ticket, version, link, placed: true, placedVersion }),
      );
    expect(isOld('5', [], [['crm', 5n]])).toBe(true);
    expect(isOld('6', [], [['crm', 5n]])).toBe(false);
    expect(isOld('5', [], [['crm', 5n]], '6')).toBe(false);
    expect(isOld('6', [], [['crm', 5n]], '5')).toBe(false);
    expect(isOld('5', [ticket], [['crm', 5n]])).toBe(false);
    expect(isOld('5', [], [['desk', 5n]])).toBe(false);
  });
});

describe('a link in a list', () => {
  it('is ours if it is the last of its page, or a copy of that', () => {
    const other = { ...link, title: 'theirs' };
    const list = [other, { ...link }, null, { type: 'Raw', url: link.url }, other, { ...link }];
    const ours = itemsOfOurs(list, new Set([link.url]));
    expect(list.map((item) => ours.has(item))).toEqual([false, true, false, false, false, true]);
  });

  it('has a type that we write, and a page', () => {
    const embedded = { type: 'Embedded', url: 'https://tickets.example/8' };
    const others = [null, 'x', { type: 'Raw', url: 'x' }, { type: 'Referenced', url: 7 }];
    const ours = itemsOfOurs([...others, link, embedded], new Set([link.url, embedded.url, 'x']));
    expect(ours).toEqual(new Set([link, embedded]));
    const { urls } = parseTaskMedia(JSON.stringify({ conversations: { media: others } }));
    expect(urls).toEqual(new Set());
  });

  it('counts in its greater form if somebody edited one of two copies', () => {
    expect(linkRank({ ...link, title: '' }) > linkRank(link)).toBe(true);
    const change = { ticket, version: '5', link: { ...link, title: 'b' }, placed: true };
    const written = rewrite('{}', reservations('completed', 'accepted'), [change]).attributes ?? '';
    // A title that is no text counts as none.
    for (const title of ['a', 'c', true]) {
      const expected = title === 'c' ? 'c' : 'b';
      for (const sid of [1, 2]) {
        const all = JSON.parse(written);
        all.reservation_attributes[segment(sid)].media[0].title = title;
        const { managed } = parseTaskMedia(JSON.stringify(all));
        expect(managed.tickets.get(ticket)?.link?.title).toBe(expected);
      }
    }
  });
});
