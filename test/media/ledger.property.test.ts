import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyLedger, parseLedger, printLedger } from '../../shared/media/ledger.ts';
import {
  isShown,
  type LedgerEntry,
  parseTicket,
  printTicket,
  titleUnits,
  unknownVersion,
} from '../../shared/media/ledger-entry.ts';

const version = fc.bigInt(0n, 2n ** 84n - 1n);
const hash = fc.stringMatching(/^[\w-]{4}$/);
const id = fc.stringMatching(/^[A-Za-z0-9._~-]{1,64}$/);
const source = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/);
const ticket = fc.tuple(source, id).map((parts) => parts.join('/'));

const entry: fc.Arbitrary<LedgerEntry> = fc
  .record({
    version,
    urlHash: fc.option(hash, { nil: undefined }),
    alias: fc.option(id, { nil: undefined }),
    titleUnits: fc.nat(63),
    other: fc.option(version, { nil: undefined }),
    naming: fc.constantFrom('named', 'kept', undefined),
    says: fc.constantFrom('here', 'elsewhere placed', 'off', 'nothing', 'off, link unknown'),
  })
  .map(({ other, naming, says, ...plain }) => {
    const sameOrOther = plain.urlHash === undefined ? 0n : plain.version;
    const off = { version: other ?? sameOrOther, placed: false };
    const unnamed = { ...plain, naming: undefined };
    if (says === 'off') return { ...plain, naming, placement: off };
    if (says === 'nothing') return { ...plain, naming, placement: undefined };
    if (says === 'elsewhere placed') return { ...unnamed, placement: { ...off, placed: true } };
    if (says === 'here') {
      const placed = plain.urlHash !== undefined;
      return { ...unnamed, placement: { version: plain.version, placed } };
    }
    const noLink = { version: unknownVersion, urlHash: undefined, titleUnits: 0 };
    return { ...unnamed, ...noLink, placement: off };
  });

const ledger = fc.record({
  tickets: fc.array(fc.tuple(ticket, entry), { maxLength: 3 }).map((all) => new Map(all)),
  watermarks: fc.array(fc.tuple(source, version), { maxLength: 2 }).map((all) => new Map(all)),
  inherited: fc.array(hash, { minLength: 1, maxLength: 3 }),
  inheritsDefaults: fc.boolean(),
  isTaskListOurs: fc.boolean(),
  ownLists: fc.array(fc.stringMatching(/^WR[0-9a-fA-F]{32}$/)).map((all) => new Set(all)),
  createdByUs: fc.array(hash).map((all) => new Set(all)),
  fingerprint: hash,
});

it('an entry of the ledger is read as it was written', () => {
  fc.assert(
    fc.property(ticket, entry, (key, given) => {
      expect(parseTicket(printTicket(key, given))).toEqual([key, given]);
      const isPlaced = given.placement?.placed === true || given.naming !== undefined;
      expect(isShown(given)).toBe(given.urlHash !== undefined && isPlaced);
    }),
  );
  const units = [undefined, '', 'abc', 'abcd', 'x'.repeat(1000)].map(titleUnits);
  expect(units).toEqual([0, 1, 1, 2, 63]);
});

it('a ledger is read as it was written, in one order, and not with a word that is another', () => {
  fc.assert(
    fc.property(ledger, (given) => {
      const text = printLedger(given) ?? '';
      expect(parseLedger(text)).toEqual(given);
      const tickets = new Map([...given.tickets].reverse());
      const ownLists = new Set([...given.ownLists].reverse());
      const createdByUs = new Set([...given.createdByUs].reverse());
      expect(printLedger({ ...given, tickets, ownLists, createdByUs })).toBe(text);
      for (const word of text.split(' ').slice(1)) {
        for (const odd of [`é${word}`, `${word}é`]) expect(() => parseLedger(`1 ${odd}`)).toThrow();
      }
    }),
  );
  expect(printLedger(emptyLedger)).toBeUndefined();
  expect(parseLedger('1')).toEqual(emptyLedger);
});
