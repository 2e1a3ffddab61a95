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

const run = (attributes: JsonObject, changes: readonly KnownTicket[] = []) => {
  const text = JSON.stringify(attributes);
  const result = rewrite(text, reservations('accepted'), changes, { namedTickets });
  return { ...result, after: parseJson(result.attributes ?? text) as JsonObject };
};

/** The Task names a ticket, or none; or changes come in one batch. */
type Step = { names: string | null } | readonly KnownTicket[];

const attributesAfter = (...steps: readonly Step[]) => {
  let attributes: JsonObject = {};
  for (const step of steps) {
    if ('names' in step) attributes = run({ ...attributes, [attribute]: step.names }).after;
    else attributes = run(attributes, step).after;
  }
  return attributes;
};

const of = (version: number, says: Word['says']) => known({ id: '1', version, says });
const gone = of(3, 'deleted');
const placed = { ticket: 'crm/1', version: '7', placed: true };
/** The Task named it: only the hash of its link is known. */
const forgotten: Step[] = [{ names: '1' }, [of(5, 'no SID')], { names: null }];

describe('the tickets on a Task', () => {
  it('are those that it names now and those that the CRM placed, after any history', () => {
    let unnamed = 0;
    fc.assert(
      fc.property(history, ({ all, steps, last }) => {
        let attributes: JsonObject = {};
        const heard = new Set<Word>();
        const apply = (changes: readonly KnownTicket[]) => {
          attributes = run(attributes, changes).after;
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
    const named = run({ [attribute]: '1' });
    // A stale writer takes away the name and our ledger: the confirmation brings the link back, for good.
    const healed = run({ note: 'stale' }, named.tickets);
    expect(shown(healed.after)).toEqual(['1']);
    expect(run(healed.after).attributes).toBeUndefined();
    // The CRM tells an older version, and no SID.
    const [newer, older] = [5, 4].map((version) => [known({ id: '1', version, says: 'no SID' })]);
    const { outcomes } = run(run(named.after, newer).after, older);
    expect(outcomes).toEqual([{ outcome: 'stale' }]);
    // The Task names another: that was a decision.
    expect(shown(run({ ...healed.after, [attribute]: '2' }).after)).toEqual(['2']);
    // An agent takes the name away, our ledger stays: so was that, and no confirmation undoes it.
    const { [attribute]: _, ...unnamed } = named.after;
    const left = run(unnamed);
    expect(shown(left.after)).toEqual([]);
    expect(left.tickets).toEqual([]);
    expect(run(left.after, named.tickets).attributes).toBeUndefined();
    // It is named again.
    expect(shown(run({ ...left.after, [attribute]: '1' }).after)).toEqual(['1']);
    // It is deleted: no confirmation says that the Task names it.
    expect(run(named.after, [gone]).tickets).toStrictEqual([gone]);
  });

  it.each([
    ['named, then merged', [{ names: '1' }], ['2'], []],
    ['placed, then merged', [[ticketChange('1', 1)]], ['2'], ['2']],
    ['deleted before', [[ticketChange('1', 1)], [gone]], ['2'], ['2']],
    ['deleted beside another', [[ticketChange('1', 1)], [gone], { names: '3' }], ['2', '3'], ['2']],
    ['named, then forgotten', [{ names: '1' }, { names: null }], [], []],
  ])('of a merged ticket are where that one was: %s', (_, steps, merged, unnamed) => {
    const change = { ticket: 'crm/2', version: '4', link: linkTo('2', 4), replaces: 'crm/1' };
    const attributes = attributesAfter(...steps, [gone, change]);
    expect(shown(attributes)).toEqual(merged);
    expect(shown(run({ ...attributes, [attribute]: null }).after)).toEqual(unnamed);
  });

  it.each([
    ['a newer one comes without a SID', [[of(1, 'placed'), of(2, 'no SID')]], 2],
    ['the Task names it too', [[of(5, 'placed')], { names: '1' }], 5],
    ['an older one places it again', [...forgotten, [of(3, 'placed')]], 3],
    ['a SID came before it', [...forgotten, [placed], [of(5, 'no SID')]], 5],
  ])('have the newest link that is known: %s', (_, steps, version) => {
    expect(shownBy(attributesAfter(...steps), segment(1))).toEqual([linkTo('1', version)]);
  });
});
