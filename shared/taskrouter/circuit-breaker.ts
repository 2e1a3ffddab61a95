import { setTimeout as sleep } from 'node:timers/promises';
import { breakerFailures, breakerOpenSeconds } from '../config/retry-policy.ts';
import { CircuitOpen, DeadlineExceeded, Transient, Unauthorized } from './errors.ts';
import type { TaskRouter } from './task-router.ts';

/** The calls that one circuit breaker protects. */
type Circuit = 'searches' | 'Tasks';

/** A circuit breaker has opened or closed. */
export type CircuitState =
  | { circuit: Circuit; state: 'closed' }
  | {
      circuit: Circuit;
      state: 'open';
      openSeconds: number;
      /** HTTP status of the last failure; undefined if there was no response. */
      status: number | undefined;
    };

interface CircuitBreakerOptions extends BreakerStateOptions {
  onStateChange: (state: CircuitState) => void;
}

/**
 * Adds two circuit breakers to TaskRouter, which all work of a function instance shares: one for searches and one
 * for single Tasks. Twilio serves them differently and with different limits. If only searches fail, changes that
 * name their Task are still linked.
 */
export function withCircuitBreaker(
  taskRouter: TaskRouter,
  options: CircuitBreakerOptions,
): TaskRouter {
  const forSearches = createCircuitBreaker('searches', options);
  const forTasks = createCircuitBreaker('Tasks', options);
  return {
    fetchTask: (...args) => forTasks(() => taskRouter.fetchTask(...args)),
    listReservations: (...args) => forTasks(() => taskRouter.listReservations(...args)),
    updateAttributes: (...args) => forTasks(() => taskRouter.updateAttributes(...args)),
    evaluate: (...args) => forSearches(() => taskRouter.evaluate(...args)),
    containsFindsParts: (...args) => forSearches(() => taskRouter.containsFindsParts(...args)),
    listTasks: (...args) => forSearches(() => taskRouter.listTasks(...args)),
  };
}

/** What a call may do, as a circuit breaker decides. */
type Admission =
  | { admits: 'all' }
  /** This one call, to find out whether the service is up again. */
  | { admits: 'probe' }
  /** Nothing, for so many milliseconds. */
  | { admits: 'none'; forMs: number }
  /** Nothing until the probe in flight has ended. */
  | { admits: 'after-probe' };

type State =
  | { is: 'closed'; failures: number }
  /** `timesOpened`: how often in a row, this time included. */
  | { is: 'open'; timesOpened: number; until: number }
  | { is: 'half-open'; timesOpened: number };

interface BreakerStateOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** A random number from 0 up to 1. */
  random: () => number;
}

/**
 * Decides whether a failing service is called. After five failures in a row the circuit opens, for a longer time
 * each time. Then one call is allowed as a probe, and its result decides for all. The open time is between half of
 * its ceiling and the ceiling, so that function instances do not probe at the same time. There are no timers, so it
 * does not matter if Lambda freezes an instance.
 */
export function createBreakerState({ now, random }: BreakerStateOptions) {
  let state: State = { is: 'closed', failures: 0 };

  const open = (timesOpened: number): { openSeconds: number } => {
    const maxSeconds = breakerOpenSeconds[timesOpened - 1] ?? breakerOpenSeconds.at(-1) ?? 0;
    const openSeconds = maxSeconds * (0.5 + random() / 2);
    state = { is: 'open', timesOpened, until: now() + openSeconds * 1000 };
    return { openSeconds };
  };

  return {
    /** Decides what the next call may do. The caller of a probe must record its result. */
    admit: (): Admission => {
      if (state.is === 'closed') return { admits: 'all' };
      if (state.is === 'half-open') return { admits: 'after-probe' };
      const forMs = state.until - now();
      if (forMs > 0) return { admits: 'none', forMs };
      state = { is: 'half-open', timesOpened: state.timesOpened };
      return { admits: 'probe' };
    },

    /**
     * Records that a call succeeded. Earlier failures no longer count.
     * @returns whether that closed the circuit
     */
    recordSuccess: (): boolean => {
      const wasOpen = state.is !== 'closed';
      state = { is: 'closed', failures: 0 };
      return wasOpen;
    },

    /**
     * Records that a call failed. Calls that were running when the circuit opened do not keep it open longer. If
     * another call has succeeded since a probe began, the probe counts like any other call.
     * @param isProbe whether the call was let through as a probe
     * @returns how long the circuit opens. Undefined if it does not
     */
    recordFailure: (isProbe: boolean): { openSeconds: number } | undefined => {
      if (isProbe && state.is === 'half-open') return open(state.timesOpened + 1);
      if (state.is !== 'closed') return undefined;
      const failures = state.failures + 1;
      if (failures >= breakerFailures) return open(1);
      state = { is: 'closed', failures };
      return undefined;
    },
  };
}

type OutageError = Transient | Unauthorized | DeadlineExceeded;

/** The shortest wait of a message after a probe that failed or is too slow. By then the circuit has decided. */
const minWaitMs = 1000;

/** How long a call waits for the running probe. A slower probe must not use up the time of a whole batch. */
const probeTimeoutMs = 1500;

/**
 * Whether further calls would fail too: there was no response, or none before our deadline, or a 5xx, or Twilio
 * rejected our key. A service that responds 429 works, and asks for a wait.
 */
function isOutage(error: unknown): error is OutageError {
  return (
    error instanceof Unauthorized ||
    error instanceof DeadlineExceeded ||
    (error instanceof Transient && (error.status === undefined || error.status >= 500))
  );
}

async function finishesWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      sleep(ms, false, { signal: done.signal }).catch(() => false),
    ]);
  } finally {
    done.abort();
  }
}

/**
 * A circuit breaker for one kind of calls. During an outage it makes fewer and fewer of them. A call that it does
 * not make fails at once with `CircuitOpen`, which says when to try again.
 * @returns a function that makes a call, or rejects
 */
function createCircuitBreaker(circuit: Circuit, options: CircuitBreakerOptions) {
  const breaker = createBreakerState(options);
  let lastError: OutageError | undefined;
  let probe: Promise<unknown> = Promise.resolve();

  const record = (error: unknown, isProbe: boolean): void => {
    // Only our own time may have been too short. But a probe must have a result.
    if (error instanceof DeadlineExceeded && !isProbe) return;
    if (!isOutage(error)) {
      if (breaker.recordSuccess()) options.onStateChange({ circuit, state: 'closed' });
      return;
    }
    lastError = error;
    const opened = breaker.recordFailure(isProbe);
    if (opened === undefined) return;
    const { openSeconds } = opened;
    options.onStateChange({ circuit, state: 'open', openSeconds, status: error.status });
  };

  const attempt = async <Result>(
    call: () => Promise<Result>,
    isProbe: boolean,
  ): Promise<Result> => {
    try {
      const result = await call();
      record(undefined, isProbe);
      return result;
    } catch (error) {
      record(error, isProbe);
      throw error;
    }
  };

  return async <Result>(call: () => Promise<Result>): Promise<Result> => {
    let admission = breaker.admit();
    if (admission.admits === 'after-probe' && (await finishesWithin(probeTimeoutMs, probe))) {
      admission = breaker.admit();
    }
    if (admission.admits === 'all') return attempt(call, false);
    if (admission.admits === 'probe') {
      const probing = attempt(call, true);
      probe = probing.catch(() => {});
      return probing;
    }
    const retryAfterMs = admission.admits === 'none' ? admission.forMs : minWaitMs;
    throw new CircuitOpen(retryAfterMs, lastError);
  };
}
