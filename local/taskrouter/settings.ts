import * as z from 'zod';

/**
 * The faults that a call can get. After a timeout the client has no response: `timeout-before` did not run the
 * call, `timeout-after` ran it.
 */
export const faultKinds = ['429', '500', '503', 'timeout-before', 'timeout-after'] as const;

export type Fault = (typeof faultKinds)[number];

/**
 * How `CONTAINS` compares two strings. Twilio does not document that. `parts`: true if the first contains the
 * second. `equal`: true if both are equal. `rejected`: the expression is rejected.
 */
const containsKinds = ['parts', 'equal', 'rejected'] as const;

const settingsShape = {
  /** The delay of every call to Twilio's API, in milliseconds. */
  latencyMs: nonNegative('a whole number of milliseconds'),
  /** While this is true, every call to Twilio's API gets 503. */
  outage: z.boolean({ error: 'must be true or false' }),
  /** The share of calls that get a fault, 0 to 1. */
  faultRate: rate(),
  /** The faults that are injected. Each is equally likely. */
  faults: z
    .array(z.enum(faultKinds, { error: `must be one of ${faultKinds.join(', ')}` }), {
      error: `must be a list of ${faultKinds.join(', ')}`,
    })
    .min(1, 'must name at least one fault; to inject none, set faultRate to 0'),
  /** The `Retry-After` header of every 429, in seconds. Null: no header. */
  retryAfterSeconds: nonNegative('a whole number of seconds, or null').nullable(),
  /** How `CONTAINS` compares two strings. */
  contains: z.enum(containsKinds, { error: `must be one of ${containsKinds.join(', ')}` }),
  /** How long a finished Task exists, in milliseconds. */
  deleteAfterMs: nonNegative('a whole number of milliseconds'),
  /** The share of events that are never delivered, 0 to 1. */
  eventLossRate: rate(),
  /** The share of events that are delivered twice, 0 to 1. */
  eventRepeatRate: rate(),
  /** The longest random delay of an event, in milliseconds. */
  eventDelayMs: nonNegative('a whole number of milliseconds'),
  /** The delay before Event Streams' first retry, in milliseconds. Each further delay is twice as long. */
  eventRetryMs: z.int({ error: 'must be a whole number of milliseconds, 1 or more' }).min(1),
  /** The seed of the fault sequence. The same seed and the same calls give the same faults. */
  seed: z.int({ error: 'must be a whole number' }),
};

const settingNames = Object.keys(settingsShape).join(', ');

export const Settings = z.strictObject(settingsShape);

export type Settings = z.infer<typeof Settings>;

/** A change of some settings, for the admin API. An unknown setting is an error that names it. */
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
 * Settings without faults. Twilio's pages say that a finished Task is deleted after 2, 5 or 15 minutes. The default
 * is the shortest of these.
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
 * A generator of random numbers from 0 up to 1. The same seed gives the same numbers (mulberry32).
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

/** The fault of the next call. Undefined if it gets none. Each call of this function draws two numbers. */
export function drawFault(
  random: () => number,
  { faultRate, faults }: Pick<Settings, 'faultRate' | 'faults'>,
): Fault | undefined {
  const isFaulty = random() < faultRate;
  const index = Math.floor(random() * faults.length);
  return isFaulty ? faults[index] : undefined;
}

/**
 * When the copies of an event are delivered, in milliseconds from now. A lost event has no copy, a repeated event
 * has two. Each call of this function draws four numbers.
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
