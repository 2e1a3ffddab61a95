import { describe, expect, it } from 'vitest';
import type { TaskCase } from '../../local/invariants.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import { reservations, segment } from '../media/arbitraries.ts';
import { checkInvariants } from './invariants/invariants.ts';

const recording = { type: 'VoiceRecording', url: 'https://recordings.example/RE1' };
const untouched: JsonObject = {
  customer: 'Zoë',
  disposition: 7,
  conversations: { segment_link: recording.url, hang_up_by: 'customer' },
  reservation_attributes: { [segment(2)]: { media: [{ type: 'Hologram', place: 'own' }] } },
};

const linked = (ticket: string, version: number): KnownTicket => ({
  ticket: `generic/${ticket}`,
  version: String(version),
  link: { type: 'Referenced', url: `https://tickets.example/${ticket}/v${version}`, title: ticket },
  placed: true,
});
const removed = (ticket: string, version: number): KnownTicket => ({
  ...linked(ticket, version),
  link: null,
  placed: false,
});

const changes = [
  linked('one', 1),
  linked('one', 2),
  linked('two', 1),
  linked('three', 4),
  removed('three', 5),
];
const agents = reservations('completed', 'accepted', 'rejected');

/** Attributes as the sync writes them for these changes. */
const synced = (known: readonly KnownTicket[], foreign: JsonObject = untouched): JsonObject =>
  JSON.parse(rewrite(JSON.stringify(foreign), agents, known).attributes ?? '{}');

const caseOf = (attributes: JsonObject, of: Partial<TaskCase> = {}): TaskCase => ({
  name: 'the Task',
  attributes: JSON.stringify(attributes),
  reservations: agents,
  unmanagedAttributes: untouched,
  changes,
  left: [],
  ...of,
});

const brokenIn = (of: TaskCase): readonly string[] => [
  ...new Set(checkInvariants(of).map(({ invariant }) => invariant)),
];

type Editor = (list: readonly Json[]) => readonly Json[];

/** The attributes with an edited list of the first segment. */
const withFirstList = (attributes: JsonObject, edit: Editor): JsonObject => {
  const blocks = attributes['reservation_attributes'] as Record<string, { media: Json[] }>;
  const block = blocks[segment(1)];
  if (block === undefined) throw new Error('the first segment has no list');
  return {
    ...attributes,
    reservation_attributes: { ...blocks, [segment(1)]: { ...block, media: edit(block.media) } },
  };
};

describe('the invariants', () => {
  it('hold for a correct Task, in every order of the changes', () => {
    expect(checkInvariants(caseOf(synced(changes)))).toEqual([]);
    expect(checkInvariants(caseOf(synced(changes), { changes: changes.toReversed() }))).toEqual([]);
    const { [ledgerAttribute]: ledger, ...others } = synced(changes);
    expect(checkInvariants(caseOf({ [ledgerAttribute]: ledger ?? '', ...others }))).toEqual([]);
  });

  it('ignore of which state the fingerprint is', () => {
    const attributes = synced(changes, { ...untouched, disposition: 1 });
    expect(checkInvariants(caseOf({ ...attributes, disposition: 7 }))).toEqual([]);
  });

  it('count links and ledgers that were wiped as lost', () => {
    expect(brokenIn(caseOf(untouched))).toEqual(['lost', 'notConverged']);
    expect(
      checkInvariants(caseOf(untouched)).filter(({ invariant }) => invariant === 'lost'),
    ).toHaveLength(3);
  });

  it('describe the expected and the actual value', () => {
    const attributes = synced(changes.filter(({ ticket }) => ticket !== 'generic/two'));
    expect(checkInvariants(caseOf(attributes))[0]?.description).toBe(
      'the Task: generic/two: expected https://tickets.example/two/v1 in version 1; the ledger has ' +
        `no entry; ${segment(1)} does not show it`,
    );
  });

  const without = (gone: string) => synced(changes.filter(({ ticket }) => ticket !== gone));
  const edited = (edit: Editor) => withFirstList(synced(changes), edit);
  const old = { type: 'Referenced', url: 'https://tickets.example/one/v1', title: 'one' };
  const showsOld: Editor = (list) =>
    list.map((item) => (JSON.stringify(item).includes('/one/v2') ? old : item));
  const four = linked('four', 0);

  it.each<[string, string, JsonObject, Partial<TaskCase>?]>([
    ['a missing ticket', 'lost', without('generic/two')],
    ['a link that one segment does not show', 'lost', edited((list) => list.slice(0, -1))],
    ['a tombstone that is not there', 'lost', without('generic/three')],
    [
      'an older version in the ledger',
      'staleWins',
      synced([linked('one', 1), linked('two', 1), removed('three', 5)]),
    ],
    [
      'a link that came back after its removal',
      'staleWins',
      synced([linked('one', 2), linked('two', 1), linked('three', 4)]),
    ],
    ['an older link that is shown, for any ledger', 'staleWins', edited(showsOld)],
    [
      'a ticket that the Task does not name any more',
      'staleWins',
      synced([...changes, four]),
      { left: [four] },
    ],
    ['a link twice in one segment', 'duplicates', edited((list) => [...list, ...list.slice(-1)])],
    ['a recording that no segment shows', 'foreignLost', edited((list) => list.slice(1))],
  ])('count %s as %s', (_, invariant, attributes, of = {}) => {
    expect(brokenIn(caseOf(attributes, of))).toEqual([invariant, 'notConverged']);
  });

  it.each<[string, JsonObject]>([
    ['an attribute that is gone', { customer: 'Zoë', conversations: {} }],
    ['one that is as it was before', { ...untouched, disposition: 6 }],
    ['one that nobody wrote', { ...untouched, another: true }],
    ['a recording that is gone', { ...untouched, conversations: { hang_up_by: 'customer' } }],
    ['a list of a segment that is gone', { ...untouched, reservation_attributes: {} }],
  ])('count %s as foreign and lost', (_, foreign) => {
    const attributes = synced(changes, foreign);
    expect(brokenIn(caseOf(attributes))).toEqual(['foreignLost', 'notConverged']);
  });

  it('notice a correct Task that is not exactly what it would be', () => {
    const attributes = edited((list) => [...list.slice(0, -2), ...list.slice(-2).toReversed()]);
    expect(brokenIn(caseOf(attributes))).toEqual(['notConverged']);
  });

  it('notice attributes that cannot be read', () => {
    expect(brokenIn(caseOf(untouched, { attributes: '{' }))).toEqual(['lost', 'notConverged']);
    const attributes = { ...synced(changes), [ledgerAttribute]: 'not ours' };
    expect(brokenIn(caseOf(attributes))).toEqual(['lost', 'notConverged']);
  });
});
