import fc from 'fast-check';

/** How often a property is tried: hundreds of times in `npm test`, thousands in `npm run test:all`. */
const numRuns = Number(process.env['PROPERTY_RUNS']);

// vitest.config.ts imports this file before each test file. A property that fails prints its seed
// and its path. Keep the counterexample: `fc.assert(property, { examples: [[…]] })` tries it first.
const seed = process.env['PROPERTY_SEED'];

// A mutant needs one failure, and not the smallest.
const endOnFailure = process.env['PROPERTY_SHRINK'] === 'never';

fc.configureGlobal({ numRuns, endOnFailure, ...(seed && { seed: Number(seed) }) });

/**
 * As many runs for a property that needs another number of them, or events that are expected in them.
 * @param share of the runs of every other property; 0.1 is a tenth, 5 is five times as many
 */
export function runs(share: number): number {
  return Math.max(1, Math.round(numRuns * share));
}

/** Any character of Unicode, as `unit: 'binary'` gives it; that one takes two seconds to build. */
export const anyCharacter = fc
  .oneof(fc.nat(0xff), fc.nat(0xffff), fc.nat(0x10ffff))
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));
