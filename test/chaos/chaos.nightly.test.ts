import { expect, it } from 'vitest';
import { expectNoViolation } from './run-chaos.ts';

it.each([1, 2, 3])(
  'a long run of seed %i violates no invariant',
  async (seed) => {
    const counts = await expectNoViolation(2000, seed);
    for (const name of ['faults', 'kills', 'linked', 'expired', 'deadLettered', 'replayed']) {
      expect(counts[name]).toBeGreaterThan(0);
    }
    expect(counts['stderr']).toMatch(
      /Interference: [1-9]\d* writes between the sync's read and write/,
    );
  },
  1_800_000,
);
