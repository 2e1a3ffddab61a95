import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, type Json, type JsonObject, parseJson } from '../../shared/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import { merge } from '../../shared/media/merge-and-fit.ts';
import { type Rewrite, rewrite } from '../../shared/media/rewrite.ts';
import { parseTaskMedia } from '../../shared/media/task-media.ts';
import { toTicketUpdate } from '../../shared/media/tickets.ts';
import { unmanagedPart } from '../../shared/media/unmanaged.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import type { Reservation } from '../../shared/messages/segments.ts';
import { runs } from '../property-runs.ts';
import {
  arbitraryChanges,
  arbitraryReservations,
  arbitraryUnmanaged,
  blockItems,
  blockOf,
  isManaged,
  mediaOf,
  otherAttributes,
  segment,
  shownBy,
  taskItems,
  withoutFingerprint,
} from './arbitraries.ts';

const isTarget = ({ status }: Reservation) =>
  ['accepted', 'wrapping', 'completed'].includes(status);
const read = (text: string) => parseJson(text) as JsonObject;

/** What attributes mean: without their spelling, and without the fingerprint of our last write. */
const meaningOf = (text: string) => canonical(withoutFingerprint(read(text)));

/** Applies batches one after the other, as so many invocations of the sync. */
const applyAll = (
  start: JsonObject | string,
  reservations: readonly Reservation[],
  ...batches: readonly (readonly KnownTicket[])[]
) => {
  let attributes = typeof start === 'string' ? start : JSON.stringify(start);
  const results: Rewrite[] = [];
  for (const batch of batches) {
    const result = rewrite(attributes, reservations, batch);
    attributes = result.attributes ?? attributes;
    results.push(result);
  }
  return { attributes, results };
};

const gaveUp = (results: readonly Rewrite[]) =>
  results.some(
    ({ budget, outcomes }) =>
      budget.titlesDropped ||
      budget.evicted.length > 0 ||
      outcomes.some(({ outcome }) => outcome === 'rejected'),
  );

/** The same changes in another order, some of them twice, cut into batches in another way. */
const rearranged = (changes: readonly KnownTicket[]): fc.Arbitrary<KnownTicket[][]> =>
  fc
    .tuple(
      fc.shuffledSubarray([...changes], { minLength: changes.length }),
      fc.array(fc.nat(changes.length - 1), { maxLength: 4 }),
      fc.array(fc.boolean(), { minLength: changes.length + 4, maxLength: changes.length + 4 }),
    )
    .map(([shuffled, again, cuts]) => {
      const batches: KnownTicket[][] = [[]];
      [...shuffled, ...again.flatMap((index) => changes[index] ?? [])].forEach((change, index) => {
        if (cuts[index]) batches.push([]);
        batches.at(-1)?.push(change);
      });
      return batches;
    });

const history = fc.record({
  foreign: arbitraryUnmanaged,
  reservations: arbitraryReservations,
  changes: arbitraryChanges(),
});

/** The same on Tasks that are nearly full: of each change, the Task can hold only a few. */
const tightHistory = fc
  .record({
    given: history,
    batches: fc
      .integer({ min: 0, max: 1000 })
      .chain((length) => fc.array(arbitraryChanges(length, 12), { minLength: 1, maxLength: 3 })),
    padding: fc.integer({ min: 0, max: 3900 }),
  })
  .map(({ given, batches, padding }) => {
    const foreign: JsonObject = { ...given.foreign, padding: 'x'.repeat(padding) };
    const isTooLong = JSON.stringify(foreign).length > 4096;
    return { ...given, foreign: isTooLong ? given.foreign : foreign, batches };
  });

describe('the rewrite, for any history', () => {
  it('applies twice as once, without a second write', () => {
    fc.assert(
      fc.property(fc.oneof(history, tightHistory), (given) => {
        const { foreign, reservations, changes } = given;
        const batches = 'batches' in given ? given.batches : [changes];
        const once = applyAll(foreign, reservations, ...batches);
        const twice = rewrite(once.attributes, reservations, batches.at(-1) ?? []);
        expect(twice.attributes).toBeUndefined();
        for (const { outcome } of twice.outcomes) {
          const rejected = 'batches' in given ? ['rejected'] : [];
          expect(['unchanged', 'stale', 'waiting', ...rejected]).toContain(outcome);
        }
      }),
    );
  });

  it('carries out each removal, however full the Task is', () => {
    let removed = 0;
    fc.assert(
      fc.property(
        tightHistory,
        fc.array(blockItems(), { maxLength: 2 }),
        fc.nat(4000),
        ({ foreign, reservations, batches }, blocks, padding) => {
          let { attributes } = applyAll(foreign, reservations, ...batches);
          // Other writers take what room there is.
          const fill = (change: (before: JsonObject) => JsonObject) => {
            const text = JSON.stringify(change(read(attributes)));
            if (text.length <= 4096) attributes = text;
          };
          for (const [n, items] of blocks.entries())
            fill((all) => withBlock(all, segment(n + 1), items));
          fill((all) => ({
            ...all,
            more: 'x'.repeat(Math.max(0, Math.min(padding, 4086 - attributes.length))),
          }));
          for (const { ticket, link } of rewrite(attributes, reservations, []).tickets) {
            if (!link || !attributes.includes(JSON.stringify(link.url))) continue;
            const removal = { ticket, version: '99', link: null, placed: false };
            const result = rewrite(attributes, reservations, [removal]);
            expect(result.outcomes).toEqual([{ outcome: 'removed' }]);
            expect(result.attributes).not.toContain(JSON.stringify(link.url));
            expect(result.attributes?.length).toBeLessThanOrEqual(4096);
            removed += 1;
          }
        },
      ),
    );
    expect(removed).toBeGreaterThan(runs(0.1));
  });

  it('keeps our links where they are while no segment can show them', () => {
    fc.assert(
      fc.property(fc.oneof(history, tightHistory), ({ foreign, reservations, changes }) => {
        const { attributes } = applyAll(foreign, reservations, changes);
        const nobody = reservations.map((each) => ({ ...each, status: 'pending' as const }));
        expect(rewrite(attributes, nobody, []).attributes).toBeUndefined();
      }),
    );
  });

  it('gives the same bytes for any order, duplication and batching of the same changes', () => {
    fc.assert(
      fc.property(
        history.chain((given) =>
          rearranged(given.changes).map((batches) => ({ ...given, batches })),
        ),
        ({ foreign, reservations, changes, batches }) => {
          const one = applyAll(foreign, reservations, changes);
          const other = applyAll(foreign, reservations, ...batches);
          fc.pre(!gaveUp([...one.results, ...other.results]));
          expect(other.attributes).toBe(one.attributes);
        },
      ),
    );
  });

  it('shows on every target segment what it would show without us, and then ours in ticket-key order', () => {
    fc.assert(
      fc.property(history, ({ foreign, reservations, changes }) => {
        const after = read(applyAll(foreign, reservations, changes).attributes);
        const tickets = new Set<string>();
        for (const reservation of reservations) {
          const { sid } = reservation;
          const shown = shownBy(after, sid);
          expect(shown.filter((item) => !isManaged(item))).toEqual(shownBy(foreign, sid));
          if (!isTarget(reservation)) continue;
          const links = shown.filter(isManaged).map((item) => (item as { url: string }).url);
          expect(links).toEqual([...links].sort());
          expect(shown.slice(shown.length - links.length).every(isManaged)).toBe(true);
          tickets.add(links.join(' '));
        }
        expect(tickets.size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('reads back the parts that it wrote', () => {
    fc.assert(
      fc.property(history, ({ foreign, reservations, changes }) => {
        const { attributes, results } = applyAll(foreign, reservations, changes);
        fc.pre(!gaveUp(results) && reservations.some(isTarget));
        const task = parseTaskMedia(attributes);
        const nothing = { tickets: new Map(), watermarks: new Map() };
        const known = merge(nothing, changes.map(toTicketUpdate), []);
        expect(task.managed.tickets).toEqual(known.tickets);

        const part = unmanagedPart(task, task.urls);
        expect(canonical(part.attributes)).toBe(canonical(foreign));
      }),
    );
  });

  it('leaves nothing but tombstones when all tickets are removed again', () => {
    fc.assert(
      fc.property(history, ({ foreign, reservations, changes }) => {
        const removal = { version: '10', link: null, placed: false };
        const removals = changes.map((change) => ({ ...change, ...removal }));
        const { attributes } = applyAll(foreign, reservations, changes, removals);
        const { [ledgerAttribute]: ledger, ...rest } = read(attributes);
        expect(JSON.stringify(rest)).toBe(JSON.stringify(foreign));
        expect(String(ledger)).toMatch(/^1( crm\/\d[\w-]{14}\.{4})+ ~[\w-]{4}$/);
      }),
    );
  });

  it('writes nothing when only the spelling of the JSON differs', () => {
    const respell = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(respell);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, member]): [string, Json] => [key, respell(member)])
          .reverse(),
      );
    };
    fc.assert(
      fc.property(history, ({ foreign, reservations, changes }) => {
        const { attributes } = applyAll(foreign, reservations, changes);
        const respelt = JSON.stringify(respell(read(attributes)), undefined, 1);
        expect(rewrite(respelt, reservations, changes).attributes).toBeUndefined();
      }),
    );
  });

  it('never lets an older version show again, and never grows beyond 4096 characters', () => {
    fc.assert(
      fc.property(
        arbitraryUnmanaged,
        arbitraryReservations,
        fc.integer({ min: 0, max: 1000 }).chain((length) => arbitraryChanges(length, 20)),
        fc.array(fc.integer({ min: 0, max: 3800 }), { minLength: 20, maxLength: 20 }),
        (foreign, reservations, changes, paddings) => {
          let attributes = JSON.stringify(foreign);
          const newest = new Map<string, bigint>();
          for (const [index, change] of changes.entries()) {
            const padding = 'x'.repeat(paddings[index] ?? 0);
            const padded = JSON.stringify({ ...read(attributes), padding });
            if (padded.length <= 4096) attributes = padded;
            const result = rewrite(attributes, reservations, [change]);
            attributes = result.attributes ?? attributes;
            expect(attributes.length).toBeLessThanOrEqual(4096);
            const version = BigInt(change.version);
            const [outcome] = result.outcomes;
            const isKnown = outcome?.outcome !== 'rejected' && outcome?.outcome !== 'waiting';
            const isNewer = version > (newest.get(change.ticket) ?? -1n);
            if (isKnown && isNewer) newest.set(change.ticket, version);
            for (const { sid } of reservations) {
              for (const item of shownBy(read(attributes), sid).filter(isManaged)) {
                const [, ticket, shown] =
                  /example\/(\d)\/v(\d)/.exec((item as { url: string }).url) ?? [];
                const oldest = newest.get(`crm/${ticket}`) ?? 0n;
                expect(BigInt(shown ?? -1)).toBeGreaterThanOrEqual(oldest);
              }
            }
          }
        },
      ),
    );
  });

  it('keeps what every segment shows when links move to task level and back', () => {
    let atTaskLevel = 0;
    fc.assert(
      fc.property(
        history,
        fc.integer({ min: 1000, max: 3600 }),
        ({ foreign, reservations, changes }, padding) => {
          const tight = { ...foreign, padding: 'x'.repeat(padding) };
          const tightened = applyAll(tight, reservations, changes);
          fc.pre(!gaveUp(tightened.results));
          if (tightened.results[0]?.budget.atTaskLevel) atTaskLevel += 1;
          const roomy = { ...read(tightened.attributes), padding: '' };
          const widened = applyAll(roomy, reservations, []);
          const fresh = applyAll({ ...foreign, padding: '' }, reservations, changes);
          for (const { sid } of reservations.filter(isTarget)) {
            const shown = shownBy(read(tightened.attributes), sid);
            expect(shown).toEqual(shownBy(read(fresh.attributes), sid));
          }
          expect(meaningOf(widened.attributes)).toBe(meaningOf(fresh.attributes));
        },
      ),
    );
    expect(atTaskLevel).toBeGreaterThanOrEqual(runs(0.005));
  });
});

/** What other writers do to a Task between our writes, reading the attributes as they find them. */
type Writer = (attributes: JsonObject) => JsonObject;

const conversations = (attributes: JsonObject) => (attributes['conversations'] ?? {}) as JsonObject;
const withConversations = (attributes: JsonObject, fields: JsonObject): JsonObject => ({
  ...attributes,
  conversations: { ...conversations(attributes), ...fields },
});
const withBlock = (attributes: JsonObject, sid: string, media: readonly Json[]): JsonObject => ({
  ...attributes,
  reservation_attributes: {
    ...(attributes['reservation_attributes'] as JsonObject | undefined),
    [sid]: { ...(blockOf(attributes, sid) as JsonObject | undefined), media },
  },
});
const unlisted = (list: readonly Json[], items: readonly Json[]) =>
  items.filter((item) => !list.some((other) => canonical(other) === canonical(item)));

const writing = <Value>(
  value: fc.Arbitrary<Value>,
  write: (attributes: JsonObject, value: Value) => JsonObject,
) =>
  value.map(
    (given): Writer =>
      (attributes) =>
        write(attributes, given),
  );

const anySegment = fc.integer({ min: 1, max: 4 }).map(segment);

/** Writers that do not know us and overwrite what they find. */
const blindWriter: fc.Arbitrary<Writer> = fc.oneof(
  writing(fc.string(), (all, hang_up_by) => ({ ...all, hang_up_by })),
  writing(fc.constantFrom('1', '2'), (all, n) =>
    withConversations(all, { segment_link: `https://foreign.example/default/${n}` }),
  ),
  writing(fc.constantFrom('CH1', 'CH2'), (all, conversationSid) => ({ ...all, conversationSid })),
  writing(taskItems(), (all, media) => withConversations(all, { media })),
);

/** Writers that add to, or take from, the lists they find. */
const listWriter: fc.Arbitrary<Writer> = fc.oneof(
  writing(taskItems(), (all, items) => {
    const list = mediaOf(all['conversations']);
    return withConversations(all, { media: [...list, ...unlisted(list, items)] });
  }),
  writing(fc.tuple(blockItems(), anySegment, fc.boolean()), (all, [items, sid, atFront]) => {
    const list = mediaOf(blockOf(all, sid));
    const added = unlisted(list, items);
    return withBlock(all, sid, atFront ? [...added, ...list] : [...list, ...added]);
  }),
  writing(anySegment, (all, sid) => {
    const list = mediaOf(blockOf(all, sid));
    const left = list.filter((item) => isManaged(item) || !canonical(item).includes('block'));
    return left.length > 0 ? withBlock(all, sid, left) : all;
  }),
);

/** A writer that takes our links out of a block, and leaves the rest. */
const linkRemover = writing(anySegment, (all, sid) => {
  const list = mediaOf(blockOf(all, sid));
  const left = list.filter((item) => !isManaged(item));
  return left.length < list.length ? withBlock(all, sid, left) : all;
});

const step = (writer: fc.Arbitrary<Writer>) =>
  fc.oneof(fc.record({ write: writer }), fc.record({ apply: arbitraryChanges(0, 3) }));

const placedBy = (place: string, list: readonly Json[]) =>
  list.filter((item) => canonical(item).includes(place) && !isManaged(item)).map(canonical);

describe('the rewrite, with others writing in between', () => {
  it('loses nothing of theirs and keeps its order, write after write', () => {
    fc.assert(
      fc.property(
        arbitraryUnmanaged,
        arbitraryReservations,
        fc.array(step(fc.oneof(blindWriter, listWriter)), { maxLength: 12 }),
        (foreign, reservations, steps) => {
          let attributes: JsonObject = foreign;
          for (const step of steps) {
            if ('write' in step) {
              attributes = step.write(attributes);
              continue;
            }
            const result = rewrite(JSON.stringify(attributes), reservations, step.apply);
            if (result.attributes === undefined) continue;
            const after = read(result.attributes);
            expect(canonical(otherAttributes(after))).toBe(canonical(otherAttributes(attributes)));
            expect(placedBy('task', mediaOf(after['conversations']))).toEqual(
              placedBy('task', mediaOf(attributes['conversations'])),
            );
            for (const n of [1, 2, 3, 4]) {
              const before = blockOf(attributes, segment(n));
              const now = blockOf(after, segment(n));
              expect(placedBy('block', mediaOf(now))).toEqual(placedBy('block', mediaOf(before)));
              const { note } = (before ?? {}) as JsonObject;
              expect(((now ?? {}) as JsonObject)['note']).toBe(note);
            }
            attributes = after;
          }
        },
      ),
    );
  });

  it('follows what segments inherit: the result is that of writing only now', () => {
    fc.assert(
      fc.property(
        arbitraryUnmanaged,
        arbitraryReservations,
        fc.array(step(fc.oneof(blindWriter, linkRemover)), { maxLength: 12 }),
        (foreign, reservations, steps) => {
          let attributes: JsonObject = foreign;
          let untouched: JsonObject = foreign;
          const changes: KnownTicket[] = [];
          for (const step of steps) {
            if ('write' in step) {
              attributes = step.write(attributes);
              untouched = step.write(untouched);
            } else {
              attributes = read(applyAll(attributes, reservations, step.apply).attributes);
              changes.push(...step.apply);
            }
          }
          const reconciled = applyAll(attributes, reservations, changes);
          const fresh = applyAll(untouched, reservations, changes);
          const results = [...reconciled.results, ...fresh.results];
          fc.pre(!gaveUp(results) && !results.some(({ budget }) => budget.atTaskLevel));
          expect(meaningOf(reconciled.attributes)).toBe(meaningOf(fresh.attributes));
        },
      ),
    );
  });
});
