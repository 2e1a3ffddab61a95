import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fits,
  inBytes,
  inCharacters,
  maximumLength,
  type Room,
  shrinkToFit,
  type TicketEntry,
} from '../../shared/media/fit.ts';
import { merge, mergeAndFit } from '../../shared/media/merge-and-fit.ts';
import { draftOf, type Layout, render, withLedger } from '../../shared/media/render.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { parseTaskMedia, type TaskMedia } from '../../shared/media/task-media.ts';
import { type Managed, type TicketUpdate, toTicketUpdate } from '../../shared/media/tickets.ts';
import { unmanagedPart } from '../../shared/media/unmanaged.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import { runs } from '../property-runs.ts';
import {
  arbitraryChanges,
  arbitraryReservations,
  arbitraryUnmanaged,
  reservations,
  segment,
  ticketChange,
} from './arbitraries.ts';

/** A Task that knows some tickets, and has as little room as other writers left. */
const arbitraryTask = fc
  .record({
    foreign: arbitraryUnmanaged,
    on: arbitraryReservations,
    known: arbitraryChanges(100),
    padding: fc.nat(4000),
  })
  .map(({ foreign, on, known, padding }) => {
    const { attributes = JSON.stringify(foreign) } = rewrite(JSON.stringify(foreign), on, known);
    const full = JSON.stringify({ ...JSON.parse(attributes), padding: 'x'.repeat(padding) });
    return parseTaskMedia(full.length > maximumLength ? attributes : full);
  });

const arbitraryTargets = (minLength = 0) => fc.subarray([1, 2, 3, 4].map(segment), { minLength });

const arbitraryLayout = fc.record({ atTaskLevel: fc.boolean(), titled: fc.boolean() });

const roomFor = (task: TaskMedia, managed: Managed, targets: readonly string[]): Room => {
  const urls = [...managed.tickets.values()].flatMap(({ link }) => link?.url ?? []);
  const unmanaged = unmanagedPart(task, task.urls.union(new Set(urls)));
  return { unmanaged, targets, measure: inCharacters, taskLevelOnly: false };
};

const isLink = ([, { urlHash }]: TicketEntry) => urlHash !== undefined;

/** What makes room next: a tombstone, else a link; the lower version, else the lower key. */
const oldest = (tickets: Managed['tickets']): TicketEntry | undefined => {
  const tombstones = [...tickets].filter((entry) => !isLink(entry));
  const [first, ...others] = tombstones.length > 0 ? tombstones : [...tickets];
  return others.reduce((old, entry) => {
    const [[oneKey, one], [otherKey, other]] = [old ?? entry, entry];
    const isOlder = other.version === one.version ? otherKey < oneKey : other.version < one.version;
    return isOlder ? entry : old;
  }, first);
};

const without = (managed: Managed, [ticket, { version }]: TicketEntry): Managed => {
  const tickets = new Map(managed.tickets);
  tickets.delete(ticket);
  const [source = ''] = ticket.split('/');
  const known = managed.watermarks.get(source) ?? 0n;
  const watermark = version > known ? version : known;
  return { tickets, watermarks: new Map([...managed.watermarks, [source, watermark]]) };
};

/** Evicts one ticket after the other, and renders all that is left each time. */
const evictOneByOne = (room: Room, managed: Managed) => {
  const { unmanaged, targets } = room;
  const written = (kept: Managed, layout: Layout) =>
    withLedger(render(unmanaged, kept, targets, layout));
  const levels = [true, false];
  const untitled = levels.map((atTaskLevel) => ({ atTaskLevel, titled: false }));
  const titled = levels.toReversed().map((atTaskLevel) => ({ atTaskLevel, titled: true }));
  const evicted: string[] = [];
  let kept = managed;
  const layouts = [...titled, ...untitled];
  while (!layouts.some((each) => fits(room, kept, each))) {
    const next = oldest(kept.tickets);
    if (next === undefined || (isLink(next) && kept.tickets.size === 1)) return undefined;
    evicted.push(next[0]);
    kept = without(kept, next);
  }
  const layout = layouts.find((each) => fits(room, kept, each)) as Layout;
  return { attributes: written(kept, layout), managed: kept, evicted };
};

/** Leaves the changes of one ticket after the other out, and fits the rest each time. */
const leaveOutOneByOne = (
  task: TaskMedia,
  updates: readonly TicketUpdate[],
  targets: readonly string[],
) => {
  const merged = merge(task.managed, updates, []).tickets;
  const isRemoved = (ticket: string) => merged.get(ticket)?.urlHash === undefined;
  const newestFirst = updates
    .toSorted((one, other) => Number(other.version - one.version))
    .filter(({ ticket }) => !isRemoved(ticket));
  const leftOut = new Set<string>();
  for (;;) {
    const rest = updates.filter(({ ticket }) => !leftOut.has(ticket));
    const wanted = merge(task.managed, rest, []);
    const next = newestFirst.find(({ ticket }) => !leftOut.has(ticket));
    const known = [...task.managed.tickets];
    const removes = known.some(([ticket, { link }]) => link && isRemoved(ticket));
    const room = roomFor(task, wanted, targets);
    const fit = shrinkToFit(room, wanted, next === undefined && removes);
    if (fit !== undefined || next === undefined) return { wanted, fit, leftOut };
    leftOut.add(next.ticket);
  }
};

const manyChanges = (count: number): fc.Arbitrary<KnownTicket[]> =>
  fc
    .array(
      fc.record({
        version: fc.integer({ min: 1, max: 1000 }),
        source: fc.constantFrom('crm', 'desk'),
        isRemoved: fc.boolean(),
      }),
      { minLength: count, maxLength: count, size: 'max' },
    )
    .map((changes) =>
      changes.map(({ version, source, isRemoved }, index) => ({
        ...(isRemoved
          ? ticketChange(`${index}`, version, 'removed')
          : ticketChange(`${index}`, version)),
        ticket: `${source}/${index}`,
      })),
    );

describe('the text of a draft', () => {
  it('is as long as what is written', () => {
    expect([inCharacters, inBytes].map((measure) => measure('é'))).toEqual([1, 2]);
    fc.assert(
      fc.property(
        arbitraryTask,
        arbitraryChanges(),
        arbitraryTargets(),
        arbitraryLayout,
        (task, changes, targets, layout) => {
          const managed = merge(task.managed, changes.map(toTicketUpdate), []);
          const { unmanaged } = roomFor(task, managed, targets);
          const rendered = render(unmanaged, managed, targets, layout);
          const written = JSON.stringify(withLedger(rendered));
          expect(inCharacters(draftOf(rendered))).toBe(inCharacters(written));
          expect(inBytes(draftOf(rendered))).toBe(inBytes(written));
        },
      ),
    );
  });
});

describe('the fitting of many tickets', () => {
  it('gives what evicting one by one gives', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(44, 88, 352).chain(manyChanges),
        arbitraryTargets(),
        fc.nat(4080),
        (changes, targets, padding) => {
          const task = parseTaskMedia(JSON.stringify({ padding: 'x'.repeat(padding) }));
          const managed = merge(task.managed, changes.map(toTicketUpdate), []);
          const room = roomFor(task, managed, targets);
          const fit = shrinkToFit(room, managed);
          const expected = evictOneByOne(room, managed);
          expect(fit?.attributes).toEqual(expected?.attributes);
          expect(fit?.managed).toEqual(expected?.managed);
          expect(fit?.budget.evicted).toEqual(expected?.evicted);
        },
      ),
      { numRuns: runs(0.05) },
    );
  });

  it('leaves out what leaving out one by one does', () => {
    fc.assert(
      fc.property(
        arbitraryTask,
        fc.nat(4000).chain((length) => arbitraryChanges(length, 12)),
        arbitraryTargets(),
        (task, changes, targets) => {
          // Of two sources: each that has to make room leaves a watermark of its own.
          const ofTwo = changes.map((change) => ({
            ...change,
            ticket: change.ticket.replace(/^crm(?=.[135])/, 'desk'),
          }));
          const updates = ofTwo.map(toTicketUpdate);
          const merged = mergeAndFit(task, {
            updates,
            named: [],
            canAdd: true,
            targets,
            taskLevelOnly: false,
            measure: inCharacters,
          });
          const expected = leaveOutOneByOne(task, updates, targets);
          expect(merged.leftOut).toEqual(expected.leftOut);
          expect(merged.wanted).toEqual(expected.wanted);
          expect(merged.fit).toEqual(expected.fit);
        },
      ),
    );
  });

  it.each([
    ['in segments', { conversations: 'taken' }, 0],
    ['at task level', {}, 3700],
  ])('drops titles, then links, by all titles that these ever had: %s', (_, foreign, start) => {
    const on = reservations('completed', 'accepted');
    const changes = [ticketChange('1', 1), ticketChange('2', 1)];
    const fitted = (length: number) => {
      const text = JSON.stringify({ ...foreign, padding: 'x'.repeat(length) });
      return rewrite(text, on, changes);
    };
    const free = (length: number) => 4096 - (fitted(length).attributes?.length ?? 0);
    // Without its title the ledger needs two characters more for each link.
    const titled = start + free(start) - 4;
    const budgets = [titled, titled + 1].map((length) => fitted(length).budget);
    expect(budgets.map(({ titlesDropped }) => titlesDropped)).toEqual([false, true]);
    const untitled = titled + 1 + free(titled + 1);
    const evicted = [untitled, untitled + 1].map((length) => fitted(length).budget.evicted);
    expect(evicted).toEqual([[], ['crm/1']]);

    // There is room for one title of two in both lists, and only one is known again.
    const { attributes = '' } = fitted(titled + 1);
    const { budget } = rewrite(attributes, on, [ticketChange('1', 2)]);
    expect(budget).toMatchObject({ titlesDropped: true, evicted: [] });
    const roomy = JSON.stringify({ ...JSON.parse(attributes), padding: '' });
    const { tickets } = parseTaskMedia(rewrite(roomy, on, []).attributes ?? roomy).managed;
    expect([...tickets.values()].map(({ titleUnits }) => titleUnits)).toEqual([2, 2]);
  });

  it.each([
    { known: 1, other: 8, leftOut: ['crm/1', 'crm/2'] },
    { known: 5, other: 2, leftOut: ['crm/1'] },
  ])('keeps what is newest without what is left out: %j', ({ known, other, leftOut }) => {
    const on = reservations('accepted');
    const { attributes = '' } = rewrite('{}', on, [ticketChange('1', known)]);
    const long = (ticket: string, version: number) => {
      const url = `https://tickets.example/${'x'.repeat(4096)}${ticket}`;
      return toTicketUpdate(ticketChange(ticket, version, { type: 'Referenced', url }));
    };
    const updates = [long('1', 9), long('2', other)];
    const targets = [segment(1)];
    const place = { targets, taskLevelOnly: false, measure: inCharacters };
    const task = parseTaskMedia(attributes);
    const merged = mergeAndFit(task, { updates, named: [], canAdd: true, ...place });
    expect([...merged.leftOut]).toEqual(leftOut);
    expect([...(merged.fit?.managed.tickets.keys() ?? [])]).toEqual(['crm/1']);
  });

  it('rejects each change and writes nothing if the Task has no room for any', () => {
    // The shortest ledger, of the watermark of one source, takes 50 characters.
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 352 }).chain(manyChanges),
        fc.nat(49),
        (changes, room) => {
          const empty = JSON.stringify({ padding: '' });
          const text = JSON.stringify({ padding: 'x'.repeat(4096 - empty.length - room) });
          const result = rewrite(text, reservations('accepted', 'completed'), changes);
          expect(result.attributes).toBeUndefined();
          expect(result.tickets).toEqual([]);
          expect(result.outcomes).toHaveLength(changes.length);
          for (const outcome of result.outcomes) {
            expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'attributes-full' });
          }
        },
      ),
      { numRuns: runs(0.2) },
    );
  });
});
