import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideDisposition } from '../../lambdas/sync/disposition.ts';
import {
  combineOutcomes,
  isPending,
  type Outcome,
  outcomeOfError,
  type RetryReason,
} from '../../lambdas/sync/outcome.ts';
import { confirmationsFor, nextFollowUp } from '../../lambdas/sync/recheck.ts';
import { seededRandom } from '../../local/taskrouter/faults.ts';
import { finishedTaskTtlSeconds, maxReceiveCount } from '../../shared/config/limits.ts';
import {
  breakerOpenSeconds,
  conflictWaitMs,
  expectedTries,
  finishingFastRetrySeconds,
  finishingMaxWaitSeconds,
  giveUpAfterSeconds,
  minTries,
  retryCeilingSeconds,
  retryWaitSeconds,
} from '../../shared/config/retry-policy.ts';
import {
  BadRequest,
  CircuitOpen,
  Conflict,
  NotFound,
  Transient,
  Unauthorized,
} from '../../shared/taskrouter/errors.ts';
import { reconcileMessage } from './messages.ts';

const reasons: RetryReason[] = [
  'unauthorized',
  'crashed',
  'taskrouter-unavailable',
  'conflict',
  'deadline',
];
const taskSid = `WT${'1'.repeat(32)}`;
const finals = ['linked', 'removed', 'unchanged', 'stale', 'expired', 'unmatched'] as const;

const anyRetry: fc.Arbitrary<Outcome & { outcome: 'retry' }> = fc.record(
  {
    outcome: fc.constant('retry' as const),
    reason: fc.constantFrom(...reasons),
    detail: fc.constant('HTTP 503'),
    retryAfterMs: fc.integer({ min: 1, max: 1e9 }),
  },
  { requiredKeys: ['outcome', 'reason', 'detail'] },
);
const rejected: Outcome = { outcome: 'rejected', reason: 'attributes-full', detail: 'no room' };
const anyFinal = fc.constantFrom<Outcome>(...finals.map((outcome) => ({ outcome })), rejected);
const anyOutcome = fc.oneof(anyRetry, anyFinal, fc.constant<Outcome>({ outcome: 'waiting' }));
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyTry = fc.integer({ min: 1, max: 2 * expectedTries });
const calm = { tries: 1, triedForMs: 0, ageMs: 0, random: 0.5 };
/** A message that has had all that an outage gives it. */
const worn = { ...calm, tries: minTries, triedForMs: giveUpAfterSeconds * 1000 };

describe('the wait between tries', () => {
  it('is any number of seconds from one up to the ceiling of its try, each as likely as the others', () => {
    for (const tries of [1, 4, 9, 13, 40]) {
      const ceiling = retryCeilingSeconds(tries);
      const waits = Array.from({ length: 7200 }, (_, n) => retryWaitSeconds(tries, n / 7200));
      expect(Math.min(...waits)).toBe(1);
      expect(Math.max(...waits)).toBe(ceiling);
      const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
      expect(mean).toBeGreaterThanOrEqual(ceiling / 2);
      expect(mean).toBeLessThan(ceiling / 2 + 1);
    }
  });

  it('never comes to more tries in an outage than SQS allows before it takes the message away', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, finishing) => {
        const dice = seededRandom(seed);
        let triedForMs = 0;
        let tries = 1;
        const outage: Outcome = {
          outcome: 'retry',
          reason: 'taskrouter-unavailable',
          detail: 'HTTP 503',
          finishing,
        };
        for (;;) {
          const fate = decideDisposition(outage, { ...calm, tries, triedForMs, random: dice() });
          if (fate.action !== 'give-back') break;
          triedForMs += fate.visibilitySeconds * 1000;
          tries += 1;
        }
        expect(triedForMs).toBeGreaterThanOrEqual(6.5 * 3600 * 1000);
        expect(tries).toBeGreaterThanOrEqual(minTries);
        expect(tries).toBeLessThan(maxReceiveCount(expectedTries, 180));
      }),
      { numRuns: 2000 },
    );
  });

  it('tries at least five times while a finished Task lives two minutes more', () => {
    const latest = [1, 2, 3, 4, 5].reduce((sum, tries) => sum + retryWaitSeconds(tries, 0.999), 0);
    expect(latest).toBeLessThan(60);
  });

  it('is never shorter than Twilio asks for, and never longer than SQS can hide a message', () => {
    fc.assert(
      fc.property(anyTry, anyRandom, fc.nat(200 * 3600 * 1000), (tries, random, retryAfterMs) => {
        const seconds = retryWaitSeconds(tries, random, { retryAfterMs });
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeLessThan(12 * 3600);
        if (retryAfterMs < 11 * 3600 * 1000) {
          expect(seconds * 1000).toBeGreaterThanOrEqual(retryAfterMs);
        }
      }),
    );
  });

  it('is short while a Task that ends may still live, and long again after that', () => {
    expect(finishingFastRetrySeconds).toBeGreaterThan(finishedTaskTtlSeconds);
    const longest = (triedForMs: number) =>
      retryWaitSeconds(9, 0.999, { finishing: true, triedForMs });
    expect(longest(0)).toBe(15);
    expect(longest(finishingFastRetrySeconds * 1000 - 1)).toBe(15);
    expect(longest(finishingFastRetrySeconds * 1000)).toBe(150);
    expect(longest(299_000)).toBe(299);
    expect(longest(3_600_000)).toBe(300);
    expect(retryWaitSeconds(3, 0.999, { finishing: true })).toBe(4);
  });

  it('is no longer than 15 seconds for what the breaker turns away while a Task ends', () => {
    const pauses = fc.double({ min: 0.001, max: Math.max(...breakerOpenSeconds), noNaN: true });
    fc.assert(
      fc.property(anyTry, anyRandom, pauses, (tries, random, pauseSeconds) => {
        const outcome = outcomeOfError(new CircuitOpen(pauseSeconds * 1000, new Transient('cut')));
        const fate = decideDisposition({ ...outcome, finishing: true } as Outcome, {
          ...calm,
          tries,
          random,
        });
        if (fate.action !== 'give-back') throw new Error('it should be given back');
        expect(fate.visibilitySeconds).toBeLessThanOrEqual(finishingMaxWaitSeconds);
        expect(fate.visibilitySeconds).toBeGreaterThanOrEqual(pauseSeconds);
      }),
    );
  });

  it('is what Twilio asks for, even where a Task ends', () => {
    expect(retryWaitSeconds(1, 0, { finishing: true, retryAfterMs: 40_000 })).toBe(40);
  });

  it('spreads the changes of one outage', () => {
    const dice = [0, 0.25, 0.5, 0.75];
    expect(new Set(dice.map((random) => retryWaitSeconds(13, random))).size).toBe(4);
    const asked = { retryAfterMs: 60_000 };
    expect(new Set(dice.map((random) => retryWaitSeconds(1, random, asked))).size).toBe(4);
  });
});

describe('the wait after a conflict', () => {
  it('grows from a few milliseconds and stays below a second', () => {
    expect(conflictWaitMs(1, 0.999)).toBeLessThan(50);
    expect(conflictWaitMs(4, 0.999)).toBeGreaterThan(conflictWaitMs(1, 0.999));
    expect(conflictWaitMs(30, 0.999)).toBeLessThan(1000);
  });
});

describe('triage', () => {
  it.each(['linked', 'removed', 'settled', 'unchanged', 'stale', 'expired'] as const)(
    'acknowledges what is %s',
    (outcome) => {
      expect(decideDisposition({ outcome }, calm)).toEqual({ fate: 'acknowledge' });
    },
  );

  it('looks for an unmatched conversation again for a minute, and then no more', () => {
    const unmatched: Outcome = { outcome: 'unmatched' };
    const again = { fate: 'send-again', delaySeconds: 20 };
    expect(decideDisposition(unmatched, { ...calm, ageMs: 0 })).toEqual(again);
    expect(decideDisposition(unmatched, { ...calm, ageMs: 59_999 })).toEqual(again);
    expect(decideDisposition(unmatched, { ...calm, ageMs: 60_000 })).toEqual({
      fate: 'acknowledge',
    });
  });

  it('sends a waiting change again for ever, ever less often, but never after a Task could be gone', () => {
    const delays = [0, 10_000, 40_000, 120_000, 3_600_000, 86_400_000].map((ageMs) => {
      const fate = decideDisposition({ outcome: 'waiting' }, { ...calm, tries: 500, ageMs });
      return fate.action === 'send-again' ? fate.delaySeconds : undefined;
    });
    expect(delays).toEqual([2, 3, 10, 30, 90, 90]);
    expect(Math.max(...delays.map((delay) => delay ?? 0))).toBeLessThan(finishedTaskTtlSeconds);
  });

  it('lets the next confirmation follow one that found nothing to do, and no other', () => {
    const message = reconcileMessage(taskSid, {
      confirmation: { tickets: [], round: 1, repairStreak: 0 },
    });
    const next = nextFollowUp(message, { outcome: 'unchanged' }, [20, 90]);
    expect(next?.delaySeconds).toBe(70);
    expect(next?.message).toMatchObject({ confirms: { round: 2 } });
    expect(nextFollowUp(message, { outcome: 'settled' }, [20, 90])).toBeUndefined();
    expect(decideDisposition({ outcome: 'unchanged' }, { ...calm, followUp: next })).toEqual({
      fate: 'send-again',
      ...next,
    });
    expect(decideDisposition({ outcome: 'expired' }, { ...calm, followUp: next })).toEqual({
      fate: 'acknowledge',
    });
  });

  it('ends with the last confirmation, and has none for a settle that was no confirmation', () => {
    const last = reconcileMessage(taskSid, {
      confirmation: { tickets: [], round: 2, repairStreak: 0 },
    });
    const unchanged: Outcome = { outcome: 'unchanged' };
    expect(nextFollowUp(last, unchanged, [20, 90])).toBeUndefined();
    expect(nextFollowUp(reconcileMessage(taskSid), unchanged, [20, 90])).toBeUndefined();
    expect(nextFollowUp(last, unchanged, [])).toBeUndefined();
  });

  it('lets go what the next event of its Task makes again: no room, or a minute without a segment', () => {
    const named = { ...calm, isMadeAgain: true };
    expect(decideDisposition(rejected, named)).toEqual({ fate: 'acknowledge' });
    expect(decideDisposition({ outcome: 'waiting' }, { ...named, ageMs: 59_999 }).action).toBe(
      'send-again',
    );
    expect(decideDisposition({ outcome: 'waiting' }, { ...named, ageMs: 60_000 }).action).toBe(
      'acknowledge',
    );
    const last = { ...worn, isMadeAgain: true };
    const retry: Outcome = { outcome: 'retry', reason: 'crashed', detail: 'TypeError' };
    expect(decideDisposition(retry, last).action).toBe('dead-letter');
  });

  it('waits twice as long for each confirmation before that had to write, within what SQS can delay', () => {
    const progress = { calls: 0, conflicts: 0, finishing: false };
    const first = (restored: number) =>
      confirmationsFor(
        [{ taskSid, tickets: [], repairStreak: restored, progress }],
        [20, 90],
        0,
      )[0];
    expect([0, 1, 2, 10].map((restored) => first(restored)?.delaySeconds)).toEqual([
      20, 40, 80, 900,
    ]);
    const message = first(2)?.message;
    const unchanged: Outcome = { outcome: 'unchanged' };
    expect(message && nextFollowUp(message, unchanged, [20, 90])?.delaySeconds).toBe(280);
  });

  it('gives no message up that has not been tried for 6.5 hours, and often', () => {
    const { triedForMs } = worn;
    fc.assert(
      fc.property(anyRetry, anyTry, anyRandom, (outcome, tries, random) => {
        const early = { ...calm, tries, triedForMs: triedForMs - 1, random };
        expect(decideDisposition(outcome, early).action).not.toBe('dead-letter');
        const seldom = { ...worn, tries: Math.min(tries, minTries - 1), random };
        expect(decideDisposition(outcome, seldom).action).not.toBe('dead-letter');
      }),
    );
  });

  it('hands what it had no time for over again within a second', () => {
    fc.assert(
      fc.property(anyTry, anyRandom, (tries, random) => {
        const outcome: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'not begun' };
        const fate = decideDisposition(outcome, { ...calm, tries: tries % expectedTries, random });
        expect(fate).toMatchObject({ visibilitySeconds: expect.toBeOneOf([0, 1]) });
      }),
    );
  });

  it('gives fresh tries and a rest to what never had the time, and makes no dead letter of it', () => {
    const late: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'not begun' };
    expect(decideDisposition(late, { ...worn, tries: expectedTries })).toEqual({
      fate: 'send-again',
      delaySeconds: 60,
    });
  });

  it('looks for the Tasks of a ticket that is gone for an hour, ever less often', () => {
    const gone = { ...calm, isForGood: true };
    const delays = [0, 30_000, 120_000, 1_200_000, 3_599_999].map((ageMs) => {
      const fate = decideDisposition({ outcome: 'unmatched' }, { ...gone, ageMs });
      return fate.action === 'send-again' ? fate.delaySeconds : undefined;
    });
    expect(delays).toEqual([20, 30, 120, 900, 900]);
    expect(decideDisposition({ outcome: 'unmatched' }, { ...gone, ageMs: 3_600_000 })).toEqual({
      fate: 'acknowledge',
    });
  });

  it.each([
    ['taskrouter-unavailable', 'taskrouter-unavailable'],
    ['conflict', 'taskrouter-unavailable'],
    ['unauthorized', 'unauthorized'],
    ['crashed', 'crashed'],
  ] as const)('makes a dead letter of %s when it is given up: %s', (reason, dead) => {
    const outcome: Outcome = { outcome: 'retry', reason, detail: 'HTTP 503' };
    expect(decideDisposition(outcome, worn)).toEqual({
      fate: 'dead-letter',
      reason: dead,
      detail: `${reason}: HTTP 503`,
    });
  });

  it('makes a dead letter of what can never be applied, at the first try', () => {
    expect(decideDisposition(rejected, calm)).toEqual({
      fate: 'dead-letter',
      reason: 'attributes-full',
      detail: 'no room',
    });
  });
});

describe('the outcome of a change that went to several Tasks', () => {
  it('is open as long as one Task is open', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome, { minLength: 1 }), (outcomes) => {
        expect(isPending(combineOutcomes(outcomes))).toBe(outcomes.some(isPending));
      }),
    );
  });

  it('is that of one of its Tasks, whichever came first', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome, { minLength: 1 }), (outcomes) => {
        const combined = combineOutcomes(outcomes);
        expect(outcomes).toContain(combined);
        expect(combineOutcomes(outcomes.toReversed())).toEqual(combined);
      }),
    );
  });

  it('waits as long as the Task that has to wait longest', () => {
    const unavailable = (retryAfterMs: number): Outcome => ({
      outcome: 'retry',
      reason: 'taskrouter-unavailable',
      detail: 'HTTP 429',
      retryAfterMs,
    });
    const outcomes = [unavailable(1000), unavailable(9000), { outcome: 'linked' } as const];
    expect(combineOutcomes(outcomes)).toEqual(unavailable(9000));
  });

  it('has as little time as that of its Tasks that ends', () => {
    const late = { outcome: 'retry', reason: 'deadline', detail: 'not begun' } as const;
    const refused = { outcome: 'retry', reason: 'unauthorized', detail: 'HTTP 401' } as const;
    expect(combineOutcomes([{ ...late, finishing: true }, refused])).toEqual({
      ...refused,
      finishing: true,
    });
  });

  it('is unmatched where there is no Task', () => {
    expect(combineOutcomes([])).toEqual({ outcome: 'unmatched' });
  });
});

describe('what a failure means', () => {
  it.each([
    [new NotFound('gone', { status: 404 }), { outcome: 'expired' }],
    [
      new BadRequest('no', { status: 400 }),
      { outcome: 'rejected', reason: 'refused-by-twilio', detail: 'HTTP 400' },
    ],
    [new Unauthorized('no', { status: 401 }), { outcome: 'retry', reason: 'unauthorized' }],
    [
      new Transient('later', { status: 429, retryAfterMs: 7000 }),
      { outcome: 'retry', reason: 'taskrouter-unavailable', retryAfterMs: 7000 },
    ],
    [new Transient('cut'), { reason: 'taskrouter-unavailable', detail: 'no answer' }],
    [new Conflict('412', { status: 412 }), { outcome: 'retry' }],
    [new TypeError('secret value'), { reason: 'crashed', detail: 'TypeError' }],
    ['thrown text', { reason: 'crashed', detail: 'string' }],
  ])('%s', (failure, outcome) => {
    expect(outcomeOfError(failure)).toMatchObject(outcome);
  });
});
