import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOfError } from '../../lambdas/sync/outcome.ts';
import { breakerFailures, breakerOpenSeconds } from '../../shared/config/retry-policy.ts';
import { createBreakerState, withCircuitBreaker } from '../../shared/taskrouter/circuit-breaker.ts';
import {
  BadRequest,
  CircuitOpen,
  Conflict,
  NotFound,
  Transient,
  Unauthorized,
} from '../../shared/taskrouter/errors.ts';
import type { Task, TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { ticketChange } from '../sync/messages.ts';
import { startSyncHarness } from '../sync/sync-harness.ts';

const task: Task = { sid: 'WT1', attributes: '{}', etag: '"1"' };
const down = () => new Transient('no answer', { status: 503 });

/** TaskRouter behind a breaker, on a clock of the test's own; all but `fetchTask` are answered. */
const guarded = (random = 0.999_999, change: Partial<TaskRouter> = {}) => {
  let now = 1_000_000;
  let calls = 0;
  let answer: () => Promise<Task> = async () => task;
  const lines: string[] = [];
  const metrics: string[] = [];
  const inner: TaskRouter = {
    fetchTask: () => {
      calls += 1;
      return answer();
    },
    listReservations: async () => [],
    updateAttributes: async () => task,
    evaluate: async () => [],
    listTasks: async () => [],
    ...change,
  };
  const line = (message: string) => void lines.push(message);
  const taskRouter = withCircuitBreaker(inner, {
    now: () => now,
    random: () => random,
    logger: { info: line, warn: line, error: line },
    metrics: { addMetric: (name) => metrics.push(name), publishStoredMetrics: () => {} },
  });
  return {
    taskRouter,
    ask: () => taskRouter.fetchTask('WT1'),
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
    ['no answer', () => new Transient('no answer')],
    ['503', down],
    ['401', () => new Unauthorized('refused', { status: 401 })],
  ])('is not asked after five failures in a row: %s', async (_, failure) => {
    const { ask, calls, failWith } = guarded();
    failWith(failure);
    await failures(ask, breakerFailures);
    expect(calls()).toBe(breakerFailures);
    const [spared] = await failures(ask, 1);
    expect(spared).toBeInstanceOf(CircuitOpen);
    expect(spared).toMatchObject({ retryAfterMs: expect.closeTo(1000, -1) });
    expect(calls()).toBe(breakerFailures);
  });

  it.each([
    ['429', () => new Transient('too many', { status: 429 })],
    ['412', () => new Conflict('conflict', { status: 412 })],
    ['404', () => new NotFound('gone', { status: 404 })],
    ['400', () => new BadRequest('invalid', { status: 400 })],
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
    const expected = [...breakerOpenSeconds, 15, 15];
    for (const [index, seconds] of expected.entries()) {
      pass(seconds * 1000 - 100);
      expect((await failures(ask, 3)).every((error) => error instanceof CircuitOpen)).toBe(true);
      expect(calls()).toBe(breakerFailures + index);
      pass(100);
      expect((await failures(ask, 3)).filter((error) => error instanceof CircuitOpen)).toHaveLength(
        2,
      );
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
    expect((await failures(ask, 1))[0]).toBeInstanceOf(CircuitOpen);
  });
});

type Call = (taskRouter: TaskRouter) => Promise<unknown>;
const ofSearches: Record<string, Call> = {
  evaluate: ({ evaluate }) => evaluate('a == 1'),
  listTasks: ({ listTasks }) => listTasks(),
};
const ofTasks: Record<string, Call> = {
  fetchTask: ({ fetchTask }) => fetchTask('WT1'),
  listReservations: ({ listReservations }) => listReservations('WT1'),
  updateAttributes: ({ updateAttributes }) => updateAttributes('WT1', '{}', '"1"'),
};

describe('searches and single Tasks', () => {
  const all = { ...ofSearches, ...ofTasks };
  it.each(Object.entries(all))(
    'where %s fails, only its own kind is not asked',
    async (failing, call) => {
      const { taskRouter, metrics } = guarded(0, { [failing]: () => Promise.reject(down()) });
      await failures(() => call(taskRouter), breakerFailures);
      const asked = await Promise.all(
        Object.entries(all).map(async ([name, each]) => {
          const [failure] = await failures(() => each(taskRouter), 1);
          return failure === undefined ? [name] : [];
        }),
      );
      const others = failing in ofSearches ? ofTasks : ofSearches;
      expect(asked.flat()).toEqual(Object.keys(others));
      expect(metrics).toEqual(['BreakerOpened']);
    },
  );

  it('a change that names its Task is linked while searches are not asked', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    const named = { name: 'zd_ticket_id', value: '7' };
    const taskRouter = withCircuitBreaker(
      { ...harness.options.taskRouter, evaluate: () => Promise.reject(down()) },
      harness.options,
    );
    for (let round = 0; round <= breakerFailures; round += 1) {
      await harness.send([ticketChange(7, { attribute: named })]);
      await harness.run(await harness.receive(), { taskRouter });
    }
    await harness.send([ticketChange(7, { attribute: named }), ticketChange(8, { taskSid })]);
    await harness.run(await harness.receive(), { taskRouter });
    expect(harness.outcomes().slice(-2)).toMatchObject([
      { ticket: 'zendesk/8', outcome: 'linked' },
      { ticket: 'zendesk/7', outcome: 'retry', detail: 'not asked, as before: HTTP 503' },
    ]);
  });
});

describe('a probe that is slow', () => {
  it('holds up those that wait for it for two seconds at the most, and then decides for all', async () => {
    const { ask, calls, failWith, answerWith, pass } = guarded();
    failWith(down);
    await failures(ask, breakerFailures);
    pass(1000);
    const probe = Promise.withResolvers<Task>();
    answerWith(() => probe.promise);
    const probing = ask();
    const since = performance.now();
    const caught = await Promise.all([failures(ask, 1), failures(ask, 1)]);
    expect(performance.now() - since).toBeLessThan(2000);
    for (const [failure] of caught) {
      expect(failure).toBeInstanceOf(CircuitOpen);
      expect(failure).toMatchObject({ retryAfterMs: 1000 });
    }
    expect(calls()).toBe(breakerFailures + 1);
    probe.resolve(task);
    expect(await probing).toBe(task);
    expect(await ask()).toBe(task);
  });
});

describe('a breaker', () => {
  it('begins each outage with the short pause, however long the one before was', () => {
    const longs = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(longs, fc.nat(86_400_000), (outages, peaceMs) => {
        let now = 0;
        const breaker = createBreakerState({ now: () => now, random: () => 0.999 });
        for (const pauses of outages) {
          const begin = Array.from({ length: breakerFailures }, () => breaker.recordFailure(false));
          expect(begin.at(-1)?.openSeconds).toBeLessThanOrEqual(breakerOpenSeconds[0] ?? 0);
          for (let pause = 1; pause < pauses; pause += 1) {
            now += 15_000;
            expect(breaker.admit()).toEqual({ admits: 'probe' });
            breaker.recordFailure(true);
          }
          now += 15_000;
          breaker.admit();
          breaker.recordSuccess();
          now += peaceMs;
        }
      }),
    );
  });

  it('takes a probe that another answer has overtaken for a call like any other', () => {
    let now = 0;
    const breaker = createBreakerState({ now: () => now, random: () => 0 });
    for (let n = 0; n < breakerFailures; n += 1) breaker.recordFailure(false);
    now += 1000;
    expect(breaker.admit()).toEqual({ admits: 'probe' });
    breaker.recordSuccess();
    expect(breaker.recordFailure(true)).toBeUndefined();
    expect(breaker.admit()).toEqual({ admits: 'all' });
  });

  it('never pauses for less than half of what is planned, or more than all of it', () => {
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(dice, fc.integer({ min: 1, max: 12 }), (random, rounds) => {
        let now = 0;
        const breaker = createBreakerState({ now: () => now, random: () => random });
        for (let n = 0; n < breakerFailures; n += 1) breaker.recordFailure(false);
        for (let round = 1; round <= rounds; round += 1) {
          const admission = breaker.admit();
          if (admission.admits !== 'none') throw new Error('it should be shut');
          const planned = (breakerOpenSeconds[round - 1] ?? 15) * 1000;
          expect(admission.forMs).toBeGreaterThanOrEqual(planned / 2);
          expect(admission.forMs).toBeLessThanOrEqual(planned);
          now += admission.forMs;
          expect(breaker.admit()).toEqual({ admits: 'probe' });
          expect(breaker.admit()).toEqual({ admits: 'after-probe' });
          breaker.recordFailure(true);
        }
        now += 60_000;
        expect(breaker.admit()).toEqual({ admits: 'probe' });
        expect(breaker.recordSuccess()).toBe(true);
        expect(breaker.admit()).toEqual({ admits: 'all' });
        expect(breaker.recordSuccess()).toBe(false);
      }),
    );
  });
});

describe('what is not asked', () => {
  it('is tried again for the reason that it was spared, when TaskRouter is asked again', () => {
    const refused = new CircuitOpen(4000, new Unauthorized('refused', { status: 403 }));
    expect(outcomeOfError(refused)).toEqual({
      outcome: 'retry',
      reason: 'unauthorized',
      detail: 'not asked, as before: HTTP 403',
      retryAfterMs: 4000,
    });
    expect(outcomeOfError(new CircuitOpen(1000, new Transient('no answer')))).toMatchObject({
      reason: 'taskrouter-unavailable',
      detail: 'not asked, as before: no answer',
    });
    expect(outcomeOfError(new CircuitOpen(1000, undefined))).toMatchObject({
      outcome: 'retry',
      reason: 'taskrouter-unavailable',
    });
  });
});
