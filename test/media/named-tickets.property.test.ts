import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, parseJson } from '../../shared/json.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import { isManaged, reservations, segment, shownBy, ticketChange } from './arbitraries.ts';

/*
 * A Task shows the tickets that it names now and those that the CRM put there. Nothing else counts: neither
 * what it named before, nor which changes and events came, got lost or came twice.
 */

const attribute = 'ticket_id';
const ids = ['1', '2', '3'];

/** The attribute names a ticket, as an agent's plugin writes it. */
const namedTickets = ({ [attribute]: id }: JsonObject) =>
  typeof id === 'string' ? [{ ticket: `crm/${id}`, link: linkTo(id, 'named') }] : [];

const linkTo = (id: string, version: number | string) => ({
  type: 'Referenced' as const,
  url: `https://tickets.example/${id}`,
  title: `Ticket ${id} ${version}`,
});

/** What the CRM says of a ticket on the Task; no two of a ticket have one version. */
const words = ['placed', 'left', 'deleted', 'no SID'] as const;
type Word = { id: string; version: number; says: (typeof words)[number] };

const known = ({ id, version, says }: Word): KnownTicket => {
  const base = { ticket: `crm/${id}`, version: String(version) };
  if (says === 'left') return { ...base, placed: false };
  if (says === 'deleted') return { ...base, link: null, placed: false };
  const link = linkTo(id, version);
  return says === 'placed' ? { ...base, link, placed: true } : { ...base, link };
};

const history = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom(...ids),
      version: fc.integer({ min: 1, max: 9 }),
      says: fc.constantFrom(...words),
    }),
    { selector: ({ id, version }) => `${id} ${version}`, maxLength: 8 },
  )
  .chain((all) =>
    fc.record({
      all: fc.constant(all),
      steps: fc.array(
        fc.oneof(
          fc.record({ word: fc.nat(Math.max(0, all.length - 1)) }),
          fc.record({ names: fc.constantFrom(undefined, ...ids) }),
          fc.constant({ event: true }),
        ),
        { maxLength: 20 },
      ),
      last: fc.shuffledSubarray(all, { minLength: all.length }),
    }),
  );

/** Which tickets the Task has to show, from the rule and not from the code. */
const expected = (heard: readonly Word[], named: string | undefined) =>
  ids.filter((id) => {
    const ofTicket = heard.filter((word) => word.id === id).sort((a, b) => b.version - a.version);
    const isDeleted = ofTicket.find(({ says }) => says !== 'left')?.says === 'deleted';
    const isPlaced = ofTicket.find(({ says }) => says !== 'no SID')?.says === 'placed';
    return !isDeleted && (isPlaced || named === id);
  });

const shown = (attributes: JsonObject) =>
  shownBy(attributes, segment(1))
    .filter(isManaged)
    .map((item) => (item as { url: string }).url.split('/').at(-1));

describe('the tickets on a Task', () => {
  it('are those that it names now and those that the CRM placed, after any history', () => {
    let unnamed = 0;
    fc.assert(
      fc.property(history, ({ all, steps, last }) => {
        let attributes: JsonObject = {};
        const heard = new Set<Word>();
        const apply = (changes: readonly KnownTicket[]) => {
          const text = JSON.stringify(attributes);
          const on = reservations('accepted');
          const result = rewrite(text, on, changes, { namedTickets });
          attributes = parseJson(result.attributes ?? text) as JsonObject;
        };
        const hear = (word: Word | undefined) => {
          if (word === undefined) return;
          const ledger = String(attributes['crm_media_sync'] ?? '');
          const isKnown = ledger.includes(`crm/${word.id}`);
          // A change without a SID reaches only a Task that names its ticket.
          if (word.says === 'no SID' && attributes[attribute] !== word.id && !isKnown) return;
          heard.add(word);
          apply([known(word)]);
        };
        for (const step of steps) {
          if ('word' in step) hear(all[step.word]);
          else if ('event' in step) apply([]);
          else {
            const { [attribute]: _, ...rest } = attributes;
            attributes = step.names === undefined ? rest : { ...rest, [attribute]: step.names };
          }
        }
        const [newest, ...others] = last;
        for (const word of others) hear(word);
        if (newest !== undefined) hear(newest);
        apply([]);
        const named = attributes[attribute] as string | undefined;
        expect(shown(attributes)).toEqual(expected([...heard], named));
        if (String(attributes['crm_media_sync']).includes('!')) unnamed += 1;

        apply([...heard].map(known));
        expect(shown(attributes)).toEqual(expected([...heard], named));
      }),
    );
    expect(unnamed).toBeGreaterThan(0);
  });

  it('stay what they were if a writer puts back attributes without name and ledger', () => {
    const on = reservations('accepted');
    const run = (attributes: JsonObject, changes: readonly KnownTicket[] = []) => {
      const text = JSON.stringify(attributes);
      const result = rewrite(text, on, changes, { namedTickets });
      return { ...result, after: parseJson(result.attributes ?? text) as JsonObject };
    };
    const named = run({ [attribute]: '1' });
    // A stale writer takes away the name and our ledger: the confirmation brings the link back, for good.
    const healed = run({ note: 'stale' }, named.tickets);
    expect(shown(healed.after)).toEqual(['1']);
    expect(run(healed.after).attributes).toBeUndefined();
    // The Task names another: that was a decision.
    expect(shown(run({ ...healed.after, [attribute]: '2' }).after)).toEqual(['2']);
    // An agent takes the name away, our ledger stays: so was that, and no confirmation undoes it.
    const { [attribute]: _, ...unnamed } = named.after;
    const gone = run(unnamed);
    expect(shown(gone.after)).toEqual([]);
    expect(run(gone.after, named.tickets).attributes).toBeUndefined();
    // It is named again.
    expect(shown(run({ ...gone.after, [attribute]: '1' }).after)).toEqual(['1']);
  });

  it.each([
    ['named, then merged', [{ names: '1' }], ['2'], []],
    ['placed, then merged', [ticketChange('1', 1)], ['2'], ['2']],
    ['deleted before', [ticketChange('1', 1), ticketChange('1', 3, 'removed')], ['2'], ['2']],
    ['named, then forgotten', [{ names: '1' }, {}], [], []],
  ])('of a merged ticket are where that one was: %s', (_, steps, merged, unnamed) => {
    let attributes: JsonObject = {};
    const apply = (changes: readonly KnownTicket[] = []) => {
      const text = JSON.stringify(attributes);
      const result = rewrite(text, reservations('accepted'), changes, { namedTickets });
      attributes = parseJson(result.attributes ?? text) as JsonObject;
    };
    for (const step of steps) {
      if ('ticket' in step) apply([step]);
      else {
        const { [attribute]: __, ...rest } = attributes;
        attributes = 'names' in step ? { ...rest, [attribute]: step.names ?? '' } : rest;
        apply();
      }
    }
    const link = linkTo('2', 4);
    apply([
      ticketChange('1', 3, 'removed'),
      { ticket: 'crm/2', version: '4', link, replaces: 'crm/1' },
    ]);
    expect(shown(attributes)).toEqual(merged);
    const { [attribute]: __, ...rest } = attributes;
    attributes = rest;
    apply();
    expect(shown(attributes)).toEqual(unnamed);
  });
});
