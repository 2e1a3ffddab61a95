import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOfFailure } from '../../lambdas/sync/apply/failure-outcome.ts';
import { createBreaker } from '../../lambdas/sync/breaker/breaker.ts';
import { guardTaskRouter } from '../../lambdas/sync/breaker/guarded-task-router.ts';
import { breakerFailures, breakerPausesSeconds } from '../../shared/config/breaker.ts';
import {
  Conflict,
  Gone,
  Invalid,
  NotAsked,
  Refused,
  Retryable,
} from '../../shared/taskrouter/failures.ts';
import type { Task, TaskRouter } from '../../shared/taskrouter/task-router.ts';

const task: Task = { sid: 'WT1', attributes: '{}', etag: '"1"' };
const down = () => new Retryable('no answer', { status: 503 });

/** TaskRouter behind a breaker, on a clock of the test's own. */
const guarded = (random = 0.999_999) => {
  let now = 1_000_000;
  let calls = 0;
  let answer: () => Promise<Task> = async () => task;
  const lines: string[] = [];
  const metrics: string[] = [];
  const never = () => Promise.reject(new Error('not part of the test'));
  const inner: TaskRouter = {
    fetchTask: () => {
      calls += 1;
      return answer();
    },
    listReservations: never,
    updateAttributes: never,
    evaluate: never,
    listTasks: never,
  };
  const line = (message: string) => void lines.push(message);
  const { fetchTask } = guardTaskRouter(inner, {
    now: () => now,
    random: () => random,
    logger: { info: line, warn: line, error: line },
    metrics: { addMetric: (name) => metrics.push(name), publishStoredMetrics: () => {} },
  });
  return {
    ask: () => fetchTask('WT1'),
    calls: () => calls,
    lines,
    metrics,
    failWith: (failure: () => unknown): void => {
      answer = () => Promise.reject(failure());
    },
    answerWith: (next: () => Promise<Task>): void => {
      answer = next;
    },
    recover: (): void => {
      answer = async () => task;
    },
    pass: (ms: number): void => {
      now += ms;
    },
  };
};

const failures = async (ask: () => Promise<unknown>, times: number): Promise<unknown[]> => {
  const caught: unknown[] = [];
  for (let time = 0; time < times; time += 1) await ask().catch((error) => caught.push(error));
  return caught;
};

describe('TaskRouter behind a breaker', () => {
  it.each([
    ['no answer', () => new Retryable('no answer')],
    ['503', down],
    ['401', () => new Refused('refused', { status: 401 })],
  ])('is not asked after five failures in a row: %s', async (_, failure) => {
    const { ask, calls, failWith } = guarded();
    failWith(failure);
    await failures(ask, breakerFailures);
    expect(calls()).toBe(breakerFailures);
    const [spared] = await failures(ask, 1);
    expect(spared).toBeInstanceOf(NotAsked);
    expect(spared).toMatchObject({ retryAfterMs: expect.closeTo(1000, -1) });
    expect(calls()).toBe(breakerFailures);
  });

  it.each([
    ['429', () => new Retryable('too many', { status: 429 })],
    ['412', () => new Conflict('conflict', { status: 412 })],
    ['404', () => new Gone('gone', { status: 404 })],
    ['400', () => new Invalid('invalid', { status: 400 })],
  ])('is asked on, however often it answers %s', async (_, failure) => {
    const { ask, calls, failWith } = guarded();
    failWith(failure);
    await failures(ask, 50);
    expect(calls()).toBe(50);
  });

  it('is asked on where failures are not in a row', async () => {
    const { ask, calls, failWith, recover } = guarded();
    for (let round = 0; round < 10; round += 1) {
      failWith(down);
      await failures(ask, breakerFailures - 1);
      recover();
      await ask();
    }
    expect(calls()).toBe(10 * breakerFailures);
  });

  it('is probed by one call after each pause, and each pause is longer, up to 15 seconds', async () => {
    const { ask, calls, failWith, pass, lines, metrics } = guarded();
    failWith(down);
    await failures(ask, breakerFailures);
    const expected = [...breakerPausesSeconds, 15, 15];
    for (const [index, seconds] of expected.entries()) {
      pass(seconds * 1000 - 100);
      expect((await failures(ask, 3)).every((error) => error instanceof NotAsked)).toBe(true);
      expect(calls()).toBe(breakerFailures + index);
      pass(100);
      expect((await failures(ask, 3)).filter((error) => error instanceof NotAsked)).toHaveLength(2);
      expect(calls()).toBe(breakerFailures + index + 1);
    }
    expect(metrics).toEqual(Array(expected.length + 1).fill('BreakerOpened'));
    expect(lines).toHaveLength(expected.length + 1);
  });

  it('lets all through once a probe was answered, those too that waited for it', async () => {
    const { ask, calls, failWith, answerWith, recover, pass, lines } = guarded();
    failWith(down);
    await failures(ask, breakerFailures);
    pass(1000);
    const probe = Promise.withResolvers<Task>();
    answerWith(() => probe.promise);
    const asked = [ask(), ask(), ask()];
    await Promise.resolve();
    expect(calls()).toBe(breakerFailures + 1);
    recover();
    probe.resolve(task);
    expect(await Promise.all(asked)).toEqual([task, task, task]);
    expect(calls()).toBe(breakerFailures + 3);
    expect(lines.at(-1)).toBe('TaskRouter is asked again');
  });

  it('spares those that waited for a probe which failed', async () => {
    const { ask, calls, failWith, pass } = guarded();
    failWith(down);
    await failures(ask, breakerFailures);
    pass(1000);
    const caught = await Promise.allSettled([ask(), ask(), ask()]);
    const names = caught.map((each) => (each.status === 'rejected' ? each.reason.name : 'asked'));
    expect(names).toEqual(['Retryable', 'NotAsked', 'NotAsked']);
    expect(calls()).toBe(breakerFailures + 1);
  });

  it('counts what was under way when a pause began neither as a probe nor for a longer pause', async () => {
    const { ask, calls, failWith, pass } = guarded();
    failWith(down);
    await Promise.all(Array.from({ length: 20 }, () => ask().catch(() => {})));
    expect(calls()).toBe(20);
    pass(1000);
    await failures(ask, 1);
    expect(calls()).toBe(21);
    pass(1990);
    expect((await failures(ask, 1))[0]).toBeInstanceOf(NotAsked);
  });
});

describe('a breaker', () => {
  it('never pauses for less than half of what is planned, or more than all of it', () => {
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(dice, fc.integer({ min: 1, max: 12 }), (random, rounds) => {
        let now = 0;
        const breaker = createBreaker({ now: () => now, random: () => random });
        for (let n = 0; n < breakerFailures; n += 1) breaker.failed(false);
        for (let round = 1; round <= rounds; round += 1) {
          const admission = breaker.admit();
          if (admission.admits !== 'none') throw new Error('it should be shut');
          const planned = (breakerPausesSeconds[round - 1] ?? 15) * 1000;
          expect(admission.forMs).toBeGreaterThanOrEqual(planned / 2);
          expect(admission.forMs).toBeLessThanOrEqual(planned);
          now += admission.forMs;
          expect(breaker.admit()).toEqual({ admits: 'probe' });
          expect(breaker.admit()).toEqual({ admits: 'after-probe' });
          breaker.failed(true);
        }
        now += 60_000;
        expect(breaker.admit()).toEqual({ admits: 'probe' });
        expect(breaker.answered()).toBe(true);
        expect(breaker.admit()).toEqual({ admits: 'all' });
        expect(breaker.answered()).toBe(false);
      }),
    );
  });
});

describe('what is not asked', () => {
  it('is tried again for the reason that it was spared, when TaskRouter is asked again', () => {
    const refused = new NotAsked(4000, new Refused('refused', { status: 403 }));
    expect(outcomeOfFailure(refused)).toEqual({
      outcome: 'retry',
      reason: 'unauthorized',
      detail: 'not asked, as before: HTTP 403',
      retryAfterMs: 4000,
    });
    expect(outcomeOfFailure(new NotAsked(1000, new Retryable('no answer')))).toMatchObject({
      reason: 'taskrouter-unavailable',
      detail: 'not asked, as before: no answer',
    });
    expect(outcomeOfFailure(new NotAsked(1000, undefined))).toMatchObject({
      outcome: 'retry',
      reason: 'taskrouter-unavailable',
    });
  });
});
