import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateOutage } from '../../bench/recovery.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import { finishedTaskTtlSeconds } from '../../shared/config/limits.ts';
import {
  conflictWaitMs,
  finishingFastRetrySeconds,
  retryCeilingSeconds,
  retryWaitSeconds,
} from '../../shared/config/retry-policy.ts';

const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyTry = fc.integer({ min: 1, max: 400 });

describe('the wait before a retry', () => {
  it('is evenly distributed from one second to the ceiling of its try', () => {
    for (const tries of [1, 4, 8, 9, 40]) {
      const ceiling = retryCeilingSeconds(tries);
      const waits = Array.from({ length: 7200 }, (_, n) => retryWaitSeconds(tries, n / 7200));
      expect(Math.min(...waits)).toBe(1);
      expect(Math.max(...waits)).toBe(ceiling);
      const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
      expect(mean).toBeGreaterThanOrEqual(ceiling / 2);
      expect(mean).toBeLessThan(ceiling / 2 + 1);
    }
  });

  it('allows five tries in the two minutes for which Twilio keeps a finished Task', () => {
    const latest = [1, 2, 3, 4, 5].reduce((sum, tries) => sum + retryWaitSeconds(tries, 0.999), 0);
    expect(latest).toBeLessThan(60);
  });

  it('is never shorter than Twilio asks for', () => {
    fc.assert(
      fc.property(anyTry, anyRandom, fc.nat(3600 * 1000), (tries, random, retryAfterMs) => {
        const seconds = retryWaitSeconds(tries, random, { retryAfterMs });
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds * 1000).toBeGreaterThanOrEqual(retryAfterMs);
        const longest = Math.max(retryCeilingSeconds(tries), (retryAfterMs / 1000) * 1.25);
        expect(seconds).toBeLessThanOrEqual(Math.max(1, Math.ceil(longest)));
      }),
    );
  });

  it('is none after the first conflict, then up to twice as long for each, and a second at most', () => {
    const longest = [1, 2, 3, 5, 6, 20].map((round) => conflictWaitMs(round, 0.5) * 2);
    expect(longest).toEqual([0, 80, 160, 640, 1000, 1000]);
  });

  it('is short as long as a finishing Task may still exist, and long again after that', () => {
    expect(finishingFastRetrySeconds).toBeGreaterThan(finishedTaskTtlSeconds);
    const longest = (triedForMs: number) =>
      retryWaitSeconds(9, 0.999, { finishing: true, triedForMs });
    expect(longest(0)).toBe(15);
    expect(longest(finishingFastRetrySeconds * 1000 - 1)).toBe(15);
    expect(longest(finishingFastRetrySeconds * 1000)).toBe(150);
    expect(longest(239_000)).toBe(239);
    expect(longest(3_600_000)).toBe(240);
    expect(retryWaitSeconds(3, 0.999, { finishing: true })).toBe(4);
  });

  it('is what Twilio asks for, even if the Task is finishing', () => {
    expect(retryWaitSeconds(1, 0, { finishing: true, retryAfterMs: 40_000 })).toBe(40);
  });

  it('differs between the messages of one outage', () => {
    const dice = [0, 0.25, 0.5, 0.75];
    expect(new Set(dice.map((random) => retryWaitSeconds(13, random))).size).toBe(4);
    const asked = { retryAfterMs: 60_000 };
    expect(new Set(dice.map((random) => retryWaitSeconds(1, random, asked))).size).toBe(4);
  });
});

const anyOutage = fc.record({
  outageSeconds: fc.integer({ min: 1, max: 6 * 3600 }),
  messages: fc.integer({ min: 1, max: 10 }),
  instances: fc.integer({ min: 1, max: 6 }),
  random: fc.integer().map(seededRandom),
});

it('after an outage every message is back in five minutes, for one request in 7.5 s of an instance', () => {
  fc.assert(
    fc.property(anyOutage, ({ outageSeconds, ...others }) => {
      const { backAfter, requests } = simulateOutage({ outageSeconds, ...others });
      expect(backAfter).toHaveLength(others.messages);
      expect(Math.max(...backAfter)).toBeLessThan(300);
      // While it is closed or opens for less than its longest time, a circuit breaker sends up to ten more.
      const most = others.instances * (10 + outageSeconds / (15 / 2));
      expect(requests).toBeLessThanOrEqual(most);
    }),
  );
});
