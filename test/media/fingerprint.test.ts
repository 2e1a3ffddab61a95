import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, type JsonObject, parseJson } from '../../shared/json.ts';
import { isOwnWrite, ledgerAttribute } from '../../shared/media/ledger.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { arbitraryChanges, arbitraryUnmanaged, reservations, ticketChange } from './arbitraries.ts';

const read = (text: string | undefined) => parseJson(text ?? '{}') as JsonObject;
const one = reservations('accepted');
const written = read(
  rewrite(JSON.stringify({ direction: 'inbound' }), one, [ticketChange('7', 5)]).attributes,
);

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
    ['adds an attribute', { ...written, disposition: 'refund' }],
    ['takes one away', { ...written, direction: undefined }],
    ['takes our link away', { ...written, reservation_attributes: {} }],
  ])('is broken by another writer, who %s', (_, attributes) => {
    expect(isOwnWrite(read(JSON.stringify(attributes)))).toBe(false);
  });

  it('is not on attributes without a ledger of ours', () => {
    expect(isOwnWrite({})).toBe(false);
    expect(isOwnWrite({ [ledgerAttribute]: 7 })).toBe(false);
    expect(isOwnWrite({ [ledgerAttribute]: '1' })).toBe(false);
  });

  it('is no reason to write once it is broken, and mended by the next write', () => {
    const others = JSON.stringify({ ...written, disposition: 'refund' });
    expect(rewrite(others, one, []).attributes).toBeUndefined();
    const { attributes } = rewrite(others, one, [ticketChange('8', 6)]);
    expect(isOwnWrite(read(attributes))).toBe(true);
  });
});
