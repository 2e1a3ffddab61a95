import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { millisecondsOf, nanosecondsOf } from '../../../shared/crm/parse/fields.ts';

describe('a timestamp', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2025-01-08T16:45:20.987654321Z', 1736354720987654321n],
    ['2025-01-08T16:45:20.1Z', 1736354720100000000n],
    ['2025-01-08T16:45:20Z', 1736354720000000000n],
    ['2025-01-08T16:45Z', 1736354700000000000n],
    ['2025-01-08T18:45:20.000000001+02:00', 1736354720000000001n],
    ['2025-01-08T06:15:20-10:30', 1736354720000000000n],
    ['2025-01-08T16:45:20.1234567899Z', 1736354720123456789n],
    ['2016-12-31T23:59:60Z', 1483228800000000000n],
    ['2024-02-29T00:00:00Z', 1709164800000000000n],
  ])('%s is exact to the nanosecond', (text, expected) => {
    expect(nanosecondsOf(text)).toBe(expected);
  });

  it.each([
    ...['', '1736354720', '2025-01-08', '2025-01-08T16:45:20', '2025-02-29T00:00:00Z'],
    ...['2025-13-01T00:00:00Z', '2025-00-10T00:00:00Z', '2025-01-32T00:00:00Z'],
    ...['2025-01-08T24:00:00Z', '2025-01-08T16:60:00Z', '2025-01-08T16:45:20.Z'],
    ...['2025-01-08T16:45:20+25:00', ' 2025-01-08T16:45:20Z', '2025-01-08T16:45:20Z\n'],
    ...['1969-12-31T23:59:59Z', '2554-07-22T00:00:00Z', '9999-12-31T23:59:59Z'],
  ])('%j is none', (text) => {
    expect(nanosecondsOf(text)).toBeUndefined();
  });

  it('is read to the millisecond as Date reads it', () => {
    const date = fc.date({ min: new Date(0), max: new Date('2554-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.nat(999_999), (at, rest) => {
        const text = at.toISOString().replace('Z', `${String(rest).padStart(6, '0')}Z`);
        const nanoseconds = nanosecondsOf(text) ?? -1n;
        expect(millisecondsOf(nanoseconds)).toBe(at.getTime());
        expect(nanoseconds % 1_000_000n).toBe(BigInt(rest));
      }),
    );
  });
});
