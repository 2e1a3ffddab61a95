import * as z from 'zod';

/** Faults of a call. A time-out leaves the client without a response. */
export const faultKinds = ['429', '500', '503', 'timeout-before', 'timeout-after'] as const;

export type Fault = (typeof faultKinds)[number];

/**
 * What `CONTAINS` does with two strings, which Twilio does not document: it finds parts, it is true only of equal ones,
 * or the expression is rejected.
 */
const containsKinds = ['parts', 'equal', 'rejected'] as const;

const settingsShape = {
  /** Added to every call of Twilio's API, in milliseconds. */
  latencyMs: nonNegative('a whole number of milliseconds'),
  /** While true, every call of Twilio's API gets 503. */
  outage: z.boolean({ error: 'must be true or false' }),
  /** Share of the calls that get a fault, 0 to 1. */
  faultRate: rate(),
  /** The faults to choose from, with equal probability. */
  faults: z
    .array(z.enum(faultKinds, { error: `must be one of ${faultKinds.join(', ')}` }), {
      error: `must be a list of ${faultKinds.join(', ')}`,
    })
    .min(1, 'must name at least one fault; for none set faultRate to 0'),
  /** `Retry-After` of every 429, in seconds; null for none. */
  retryAfterSeconds: nonNegative('a whole number of seconds, or null').nullable(),
  /** What `CONTAINS` does with two strings. */
  contains: z.enum(containsKinds, { error: `must be one of ${containsKinds.join(', ')}` }),
  /** How long a finished Task stays, in milliseconds. */
  deleteAfterMs: nonNegative('a whole number of milliseconds'),
  /** Share of the events that are never delivered, 0 to 1. */
  eventLossRate: rate(),
  /** Share of the events that are delivered twice, 0 to 1. */
  eventRepeatRate: rate(),
  /** The longest random delay of a delivery, in milliseconds. */
  eventDelayMs: nonNegative('a whole number of milliseconds'),
  /** The delay before Event Streams' first retry, in milliseconds; each next one is twice as long. */
  eventRetryMs: z.int({ error: 'must be a whole number of milliseconds, 1 or more' }).min(1),
  /** Start of the fault sequence: the same seed and calls give the same faults. */
  seed: z.int({ error: 'must be a whole number' }),
};

const settingNames = Object.keys(settingsShape).join(', ');

export const Settings = z.strictObject(settingsShape);

export type Settings = z.infer<typeof Settings>;

/** Some of the settings, for the admin API; an unknown one is an error that names it. */
export const SettingsChange = z
  .strictObject(settingsShape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys?.join(', ')}: not a setting; use ${settingNames}`
        : `must be a JSON object with any of ${settingNames}`,
  })
  .partial();

export type SettingsChange = z.infer<typeof SettingsChange>;

/**
 * Settings without faults. Twilio's pages give 2, 5 and 15 minutes until a finished Task is deleted; this is
 * the shortest.
 * Source: https://www.twilio.com/docs/flex/developer/insights/enhance-integration
 */
export const defaultSettings: Settings = {
  latencyMs: 0,
  outage: false,
  faultRate: 0,
  faults: [...faultKinds],
  retryAfterSeconds: null,
  contains: 'parts',
  deleteAfterMs: 120_000,
  eventLossRate: 0,
  eventRepeatRate: 0,
  eventDelayMs: 0,
  eventRetryMs: 500,
  seed: 1,
};

function nonNegative(unit: string) {
  return z.int({ error: `must be ${unit}, 0 or more` }).min(0);
}

function rate() {
  return z.number({ error: 'must be a number from 0 to 1' }).min(0).max(1);
}

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
