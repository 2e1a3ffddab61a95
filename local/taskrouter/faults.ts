import type { Fault, Settings } from './settings.ts';

/**
 * Numbers from 0 up to 1, the same ones for the same seed (mulberry32).
 * Source: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The fault of the next call, if it gets one. It always draws two numbers. */
export function drawFault(
  random: () => number,
  { faultRate, faults }: Pick<Settings, 'faultRate' | 'faults'>,
): Fault | undefined {
  const isFaulty = random() < faultRate;
  const index = Math.floor(random() * faults.length);
  return isFaulty ? faults[index] : undefined;
}

/**
 * When the copies of an event are delivered, in milliseconds from now: no copy for a lost event, two for a
 * repeated one. It always draws four numbers.
 */
export function deliveryDelays(
  random: () => number,
  {
    eventLossRate,
    eventRepeatRate,
    eventDelayMs,
  }: Pick<Settings, 'eventLossRate' | 'eventRepeatRate' | 'eventDelayMs'>,
): readonly number[] {
  const isLost = random() < eventLossRate;
  const isRepeated = random() < eventRepeatRate;
  const delays = [random() * eventDelayMs, random() * eventDelayMs];
  if (isLost) return [];
  return delays.slice(0, isRepeated ? 2 : 1);
}
