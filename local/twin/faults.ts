import type { Fault, Settings } from './settings.ts';

/**
 * Numbers from 0 up to 1, the same ones for the same seed (mulberry32).
 * Source: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The fault of the next call, if it gets one. Takes two numbers, whatever they come to. */
export const drawFault = (
  random: () => number,
  { faultRate, faults }: Pick<Settings, 'faultRate' | 'faults'>,
): Fault | undefined => {
  const hit = random() < faultRate;
  const which = Math.floor(random() * faults.length);
  return hit ? faults[which] : undefined;
};
