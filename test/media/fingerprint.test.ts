import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, type JsonObject, parseJson } from '../../shared/json.ts';
import { isOwnWrite, ledgerAttribute, ledgerHolds } from '../../shared/media/ledger.ts';
import { isUntouched, rewrite } from '../../shared/media/rewrite.ts';
import { arbitraryChanges, arbitraryUnmanaged, reservations, ticketChange } from './arbitraries.ts';

const read = (text: string | undefined) => parseJson(text ?? '{}') as JsonObject;
const one = reservations('accepted');
const written = () =>
  read(rewrite(JSON.stringify({ direction: 'inbound' }), one, [ticketChange('7', 5)]).attributes);

describe('the fingerprint of our writes', () => {
  it('is on everything we write, in any spelling of the JSON', () => {
    fc.assert(
      fc.property(arbitraryUnmanaged, arbitraryChanges(), (foreign, changes) => {
        const { attributes } = rewrite(JSON.stringify(foreign), one, changes);
        fc.pre(attributes !== undefined);
        expect(isOwnWrite(read(attributes))).toBe(true);
        expect(isOwnWrite(read(canonical(read(attributes))))).toBe(true);
      }),
    );
  });

  it.each([
    ['adds an attribute', { disposition: 'refund' }],
    ['takes one away', { direction: undefined }],
    ['takes our link away', { reservation_attributes: {} }],
  ])('is broken by another writer, who %s', (_, change) => {
    expect(isOwnWrite(read(JSON.stringify({ ...written(), ...change })))).toBe(false);
  });

  it('is not on attributes without a ledger of ours', () => {
    expect(isOwnWrite({})).toBe(false);
    expect(isOwnWrite({ [ledgerAttribute]: 7 })).toBe(false);
    expect(isOwnWrite({ [ledgerAttribute]: '1' })).toBe(false);
  });

  it('is no reason to write once it is broken, and mended by the next write', () => {
    const others = JSON.stringify({ ...written(), disposition: 'refund' });
    expect(rewrite(others, one, []).attributes).toBeUndefined();
    const { attributes } = rewrite(others, one, [ticketChange('8', 6)]);
    expect(isOwnWrite(read(attributes))).toBe(true);
  });

  it('says that a Task is untouched, if it holds what was written to a segment', () => {
    const options = { namedTickets: () => [] };
    const isStill = (text: string, version = 5) =>
      isUntouched(text, [ticketChange('7', version)], options);
    const text = JSON.stringify(written());
    expect([isStill(text), isStill(text, 6)]).toEqual([true, false]);
    const canceled = rewrite('{}', [], [ticketChange('7', 5)], { status: 'canceled' }).attributes;
    for (const other of ['not JSON', '{}', text.replace('inbound', 'outbound'), canceled ?? '']) {
      expect(isStill(other)).toBe(false);
    }
    const namedTickets = () => {
      throw new RangeError('a bug of ours');
    };
    expect(() => isUntouched(text, [], { namedTickets })).toThrow(RangeError);
  });

  it('is in the ledger beside the tickets, by which a Task is found', () => {
    const ledger = String(written()[ledgerAttribute]);
    const found = ['crm/7', 'crm/8', 'crm/', 'crm'].map((ticket) => ledgerHolds(ledger, ticket));
    expect(found).toEqual([true, false, false, false]);
  });
});
