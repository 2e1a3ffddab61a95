import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logCircuit } from '../../lambdas/sync/log-outcomes.ts';
import { breakerFailures, breakerOpenSeconds } from '../../shared/config/retry-policy.ts';
import {
  type CircuitState,
  createBreakerState,
  withCircuitBreaker,
} from '../../shared/taskrouter/circuit-breaker.ts';
import {
  BadRequest,
  CircuitOpen,
  Conflict,
  DeadlineExceeded,
  InvalidResponse,
  NotFound,
  Transient,
  Unauthorized,
} from '../../shared/taskrouter/errors.ts';
import type { Task, TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { ticketChange } from '../sync/messages.ts';
import { startWithTask } from '../sync/sync-harness.ts';

const task: Task = { sid: 'WT1', attributes: '{}', etag: '"1"' };
const down = () => new Transient('down', { status: 503 });

/** TaskRouter behind a circuit breaker, on a clock of its own; only `fetchTask` fails. */
const guarded = (random = 0.999_999, change: Partial<TaskRouter> = {}) => {
  let now = 1_000_000;
  let calls = 0;
  let answer: () => Promise<Task> = async () => task;
  const states: CircuitState[] = [];
  const inner: TaskRouter = {
    fetchTask: () => {
      calls += 1;
      return answer();
    },
    listReservations: async () => [],
    updateAttributes: async () => task,
    evaluate: async () => [],
    listTasks: async () => [],
    containsFindsParts: async () => true,
    ...change,
  };
  const taskRouter = withCircuitBreaker(inner, {
    now: () => now,
    random: () => random,
    onStateChange: (state) => states.push(state),
  });
  return {
    taskRouter,
    ask: () => taskRouter.fetchTask('WT1'),
    calls: () => calls,
    states,
    /** Fails from now on, at first so many times in a row. */
    fail: async (times: number, failure: () => unknown = down): Promise<unknown[]> => {
      answer = () => Promise.reject(failure());
      return failures(() => taskRouter.fetchTask('WT1'), times);
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

/** A circuit that is open, after failures in a row. */
const opened = async () => {
  const one = guarded();
  await one.fail(breakerFailures);
  return one;
};

const failures = async (ask: () => Promise<unknown>, times: number): Promise<unknown[]> => {
  const caught: unknown[] = [];
  for (let time = 0; time < times; time += 1) await ask().catch((error) => caught.push(error));
  return caught;
};

describe('TaskRouter behind a circuit breaker', () => {
  it.each([
    ['no response', () => new Transient('no response')],
    ['503', down],
    ['401', () => new Unauthorized('no', { status: 401 })],
  ])('is not called after five failures in a row: %s', async (_, failure) => {
    const { ask, calls, fail } = guarded();
    await fail(breakerFailures, failure);
    expect(calls()).toBe(breakerFailures);
    const [rejected] = await failures(ask, 1);
    expect(rejected).toBeInstanceOf(CircuitOpen);
    expect(rejected).toMatchObject({ retryAfterMs: expect.closeTo(1000, -1) });
    expect(calls()).toBe(breakerFailures);
  });

  it.each([
    ['429', () => new Transient('too many', { status: 429 })],
    ['412', () => new Conflict('conflict', { status: 412 })],
    ['404', () => new NotFound('gone', { status: 404 })],
    ['400', () => new BadRequest('invalid', { status: 400 })],
    ['200 without a Task', () => new InvalidResponse('no Task', { status: 200 })],
    ['nothing before our deadline', () => new DeadlineExceeded('stopped')],
  ])('is called on, however often it responds %s', async (_, failure) => {
    const { calls, fail } = guarded();
    await fail(50, failure);
    expect(calls()).toBe(50);
  });

  it('is called on if failures are not in a row', async () => {
    const { ask, calls, fail, recover } = guarded();
    for (let round = 0; round < 10; round += 1) {
      await fail(breakerFailures - 1);
      recover();
      await ask();
    }
    expect(calls()).toBe(10 * breakerFailures);
  });

  it('is probed by one call each time the circuit was open, for ever longer, up to 15 seconds', async () => {
    const { ask, calls, pass, states } = await opened();
    const expected = [...breakerOpenSeconds, 15, 15];
    for (const [index, seconds] of expected.entries()) {
      pass(seconds * 1000 - 100);
      expect((await failures(ask, 3)).every((error) => error instanceof CircuitOpen)).toBe(true);
      expect(calls()).toBe(breakerFailures + index);
      pass(100);
      const caught = await failures(ask, 3);
      expect(caught.filter((error) => error instanceof CircuitOpen)).toHaveLength(2);
      expect(calls()).toBe(breakerFailures + index + 1);
    }
    expect(states).toEqual(
      [...expected, 15].map((seconds) => ({
        circuit: 'Tasks',
        state: 'open',
        openSeconds: expect.closeTo(seconds, 3),
        status: 503,
      })),
    );
  });

  it('is called by all once a probe succeeds, also by those that waited for it', async () => {
    const { ask, calls, answerWith, recover, pass, states } = await opened();
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
    expect(states.at(-1)).toEqual({ circuit: 'Tasks', state: 'closed' });
  });

  it.each([
    ['failed', down, 'Transient'],
    ['our deadline stopped', () => new DeadlineExceeded('stopped'), 'DeadlineExceeded'],
  ])('is not called by those that waited for a probe which %s', async (_, failure, name) => {
    const { ask, calls, pass, answerWith } = await opened();
    answerWith(() => Promise.reject(failure()));
    pass(1000);
    const caught = await Promise.allSettled([ask(), ask(), ask()]);
    const names = caught.map((each) =>
      each.status === 'rejected' ? each.reason.name : 'fulfilled',
    );
    expect(names).toEqual([name, 'CircuitOpen', 'CircuitOpen']);
    expect(calls()).toBe(breakerFailures + 1);
  });

  it('is probed no later because of calls that were in flight when the circuit opened', async () => {
    const { ask, calls, fail, pass } = guarded();
    await fail(0);
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
  containsFindsParts: ({ containsFindsParts }) => containsFindsParts(),
};
const ofTasks: Record<string, Call> = {
  fetchTask: ({ fetchTask }) => fetchTask('WT1'),
  listReservations: ({ listReservations }) => listReservations('WT1'),
  updateAttributes: ({ updateAttributes }) => updateAttributes('WT1', '{}', '"1"'),
};

describe('searches and single Tasks', () => {
  const all = { ...ofSearches, ...ofTasks };
  it.each(Object.entries(all))(
    'if %s fails, only its own kind is not called',
    async (failing, call) => {
      const { taskRouter, states } = guarded(0, { [failing]: () => Promise.reject(down()) });
      await failures(() => call(taskRouter), breakerFailures);
      const asked = await Promise.all(
        Object.entries(all).map(async ([name, each]) => {
          const [failure] = await failures(() => each(taskRouter), 1);
          return failure === undefined ? [name] : [];
        }),
      );
      const others = failing in ofSearches ? ofTasks : ofSearches;
      expect(asked.flat()).toEqual(Object.keys(others));
      expect(states).toMatchObject([
        { state: 'open', circuit: failing in ofSearches ? 'searches' : 'Tasks' },
      ]);
    },
  );

  it('a change that names its Task is linked while the circuit of searches is open', async () => {
    const { harness, taskSid } = await startWithTask();
    const named = { name: 'zd_ticket_id', value: '7' };
    const taskRouter = withCircuitBreaker(
      { ...harness.options.taskRouter, evaluate: () => Promise.reject(down()) },
      { ...harness.options, onStateChange: logCircuit(harness.options) },
    );
    for (let round = 0; round <= breakerFailures; round += 1) {
      await harness.send([ticketChange(7, { attribute: named })]);
      await harness.run(await harness.receive(), { taskRouter });
    }
    await harness.send([ticketChange(7, { attribute: named }), ticketChange(8, { taskSid })]);
    await harness.run(await harness.receive(), { taskRouter });
    expect(harness.outcomes().slice(-2)).toMatchObject([
      { ticket: 'zendesk/7', outcome: 'retry', detail: 'circuit open, last failure: HTTP 503' },
      { ticket: 'zendesk/8', outcome: 'linked' },
    ]);
    expect(harness.log).toContainEqual({
      level: 'warn',
      message: 'circuit breaker open',
      circuitState: 'open',
      circuit: 'searches',
      openSeconds: expect.any(Number),
      status: 503,
    });
    expect(harness.metric('CircuitOpened')).toBe(1);
  });
});

it('a slow probe is not waited for, and decides for all once it ends', async () => {
  const { ask, calls, answerWith, pass } = await opened();
  pass(1000);
  const probe = Promise.withResolvers<Task>();
  answerWith(() => probe.promise);
  const probing = ask();
  const caught = await Promise.all([failures(ask, 1), failures(ask, 1)]);
  for (const [failure] of caught) {
    expect(failure).toBeInstanceOf(CircuitOpen);
    expect(failure).toMatchObject({ retryAfterMs: 1000 });
  }
  expect(calls()).toBe(breakerFailures + 1);
  probe.resolve(task);
  expect(await probing).toBe(task);
  expect(await ask()).toBe(task);
});

describe('the state of a circuit breaker', () => {
  it('is open for the shortest time at the start of each outage, however long the one before was', () => {
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

  it('does not open by a failed probe if another call has succeeded since', () => {
    let now = 0;
    const breaker = createBreakerState({ now: () => now, random: () => 0 });
    for (let n = 0; n < breakerFailures; n += 1) breaker.recordFailure(false);
    now += 1000;
    expect(breaker.admit()).toEqual({ admits: 'probe' });
    breaker.recordSuccess();
    expect(breaker.recordFailure(true)).toBeUndefined();
    expect(breaker.admit()).toEqual({ admits: 'all' });
  });

  it('is open for between half and all of its ceiling', () => {
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(dice, fc.integer({ min: 1, max: 12 }), (random, rounds) => {
        let now = 0;
        const breaker = createBreakerState({ now: () => now, random: () => random });
        for (let n = 0; n < breakerFailures; n += 1) breaker.recordFailure(false);
        for (let round = 1; round <= rounds; round += 1) {
          const admission = breaker.admit();
          if (admission.admits !== 'none') throw new Error('it should be open');
          const ceiling = (breakerOpenSeconds[round - 1] ?? 15) * 1000;
          expect(admission.forMs).toBeGreaterThanOrEqual(ceiling / 2);
          expect(admission.forMs).toBeLessThanOrEqual(ceiling);
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
