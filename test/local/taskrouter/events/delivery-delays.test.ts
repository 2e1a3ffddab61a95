import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRetryDelay } from '../../../../local/taskrouter/events/deliveries.ts';
import { deliveryDelays, seededRandom } from '../../../../local/taskrouter/settings.ts';
import { startEmulator, twilioRequest } from '../client.ts';

const punctual = { eventLossRate: 0, eventRepeatRate: 0, eventDelayMs: 0 };

describe('the copies of an event', () => {
  it('are one, at once, unless it is to be otherwise', () => {
    expect(deliveryDelays(seededRandom(1), punctual)).toEqual([0]);
  });

  it('are none, one or two, as often as the rates say, and each late by itself', () => {
    const random = seededRandom(7);
    const settings = { eventLossRate: 0.25, eventRepeatRate: 0.25, eventDelayMs: 1000 };
    const drawn = Array.from({ length: 2000 }, () => deliveryDelays(random, settings));
    const share = (copies: number) =>
      drawn.filter(({ length }) => length === copies).length / drawn.length;
    expect(share(0)).toBeCloseTo(0.25, 1);
    expect(share(2)).toBeCloseTo(0.75 * 0.25, 1);
    const delays = drawn.flat();
    expect(Math.min(...delays)).toBeLessThan(50);
    expect(Math.max(...delays)).toBeGreaterThan(950);
    expect(Math.max(...delays)).toBeLessThan(1000);
  });

  it('take the same count of random numbers for any result, so that a setting changes only what it names', () => {
    const delaysWith = (eventRepeatRate: number) => {
      const random = seededRandom(3);
      const settings = { ...punctual, eventRepeatRate, eventDelayMs: 1000 };
      return Array.from({ length: 20 }, () => deliveryDelays(random, settings)[0]);
    };
    expect(delaysWith(1)).toEqual(delaysWith(0));
  });

  it('leave the faults of the calls as they are, as does the set-up of the callback', async () => {
    const settings = { faultRate: 0.5, faults: ['500' as const], seed: 5, eventLossRate: 0.5 };
    const course = async (hasCallback: boolean) => {
      const emulator = await startEmulator({ settings, authToken: 'token' });
      const form = { EventCallbackUrl: 'http://127.0.0.1:9/' };
      if (hasCallback) await twilioRequest(emulator, { path: '', form });
      const answers: number[] = [];
      for (let count = 0; count < 15; count += 1) {
        answers.push((await twilioRequest(emulator, { path: '/Tasks', form: {} })).status);
      }
      return answers;
    };
    expect(await course(true)).toEqual(await course(false));
  });
});

it('the wait of Event Streams grows, never beyond twice the last one, for four hours', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60_000 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (firstMs, randoms) => {
        let waited = 0;
        let attempts = 1;
        for (; ; attempts += 1) {
          const wait = nextRetryDelay(firstMs, attempts, waited, randoms.next().value);
          if (wait === undefined) break;
          const longest = firstMs * 2 ** (attempts - 1);
          expect(wait).toBeGreaterThanOrEqual(longest / 2);
          expect(wait).toBeLessThanOrEqual(longest);
          waited += wait;
        }
        expect(attempts).toBeGreaterThan(1);
        expect(waited).toBeLessThanOrEqual(4 * 3_600_000);
        expect(waited).toBeGreaterThan(3_600_000);
      },
    ),
  );
});
