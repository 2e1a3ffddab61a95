import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncOptions } from '../../lambdas/sync/options.ts';
import { breakerFailures, breakerOpenSeconds } from '../config/retry-policy.ts';
import { CircuitOpen, Transient, Unauthorized } from './errors.ts';
import type { TaskRouter } from './task-router.ts';

/** What a breaker lets a call do. */
type Admission =
  | { readonly admits: 'all' }
  /** This one call, to find out how things are. */
  | { readonly admits: 'probe' }
  /** Nothing, for so many milliseconds. */
  | { readonly admits: 'none'; readonly forMs: number }
  /** Nothing until the probe under way has come back. */
  | { readonly admits: 'after-probe' };

type State =
  | { readonly is: 'closed'; readonly failures: number }
  /** `pauses`: how many there have been in a row, this one included. */
  | { readonly is: 'open'; readonly timesOpened: number; readonly until: number }
  | { readonly is: 'probing'; readonly timesOpened: number };

interface BreakerStateOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/**
 * Decides whether a service that fails is asked at all. After five failures in a row it is not, for a pause
 * that grows each time; then one call goes through, and what that comes to decides for all. A pause is
 * drawn between a half and the whole of its length, so that the instances of a function do not probe in
 * step. It keeps no timers: an instance that is frozen in between loses nothing.
 */
export function createBreakerState({ now, random }: BreakerStateOptions) {
  let state: State = { is: 'closed', failures: 0 };

  const open = (timesOpened: number): { readonly openSeconds: number } => {
    const maxSeconds = breakerOpenSeconds[timesOpened - 1] ?? breakerOpenSeconds.at(-1) ?? 0;
    const pauseSeconds = maxSeconds * (0.5 + random() / 2);
    state = { is: 'open', timesOpened, until: now() + pauseSeconds * 1000 };
    return { openSeconds: pauseSeconds };
  };

  return {
    /** What the next call may do. Whoever is let through as a probe must tell how it went. */
    admit: (): Admission => {
      if (state.is === 'closed') return { admits: 'all' };
      if (state.is === 'probing') return { admits: 'after-probe' };
      const forMs = state.until - now();
      if (forMs > 0) return { admits: 'none', forMs };
      state = { is: 'probing', timesOpened: state.timesOpened };
      return { admits: 'probe' };
    },

    /** A call was answered: what failed before counts no more. @returns whether that ended a pause */
    recordSuccess: (): boolean => {
      const wasOpen = state.is !== 'closed';
      state = { is: 'closed', failures: 0 };
      return wasOpen;
    },

    /**
     * A call failed. Those that were under way when a pause began do not make it longer, and a probe that
     * another answer has overtaken is a call like any other.
     * @param isProbe whether it was let through as one
     * @returns the pause that begins with it, if any
     */
    recordFailure: (isProbe: boolean): { readonly openSeconds: number } | undefined => {
      if (isProbe && state.is === 'probing') return open(state.timesOpened + 1);
      if (state.is !== 'closed') return undefined;
      const failures = state.failures + 1;
      if (failures >= breakerFailures) return open(1);
      state = { is: 'closed', failures };
      return undefined;
    },
  };
}

type CircuitBreakerOptions = BreakerStateOptions & Pick<SyncOptions, 'logger' | 'metrics'>;

type OutageError = Transient | Unauthorized;

/** The least that messages wait which a probe turned away: by then the next pause has begun, or it is over. */
const minWaitMs = 1000;

/** How long a probe is waited for. One that takes longer is not to use up the time of a whole batch. */
const probeTimeoutMs = 1500;

/**
 * TaskRouter behind two breakers, which stand for all the work of an instance: one for searches and one for
 * single Tasks. Twilio answers them by different means and with different limits, and where only searches fail,
 * changes that name their Task are linked all the same.
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
    listTasks: (...args) => forSearches(() => taskRouter.listTasks(...args)),
  };
}

/**
 * Whether a failure says that asking is of no use for now: no answer, an answer of 500 and more, our key
 * refused. A 429 is the answer of a service that is up, and asks for its wait itself.
 */
function isOutage(failure: unknown): failure is OutageError {
  return (
    failure instanceof Unauthorized ||
    (failure instanceof Transient && (failure.status === undefined || failure.status >= 500))
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
 * Calls behind a breaker of their own: in an outage they are made less and less often, and what is not made
 * fails at once with `NotAsked`, which tells when to come again.
 *
 * Every pause that begins counts as `BreakerOpened`, whichever breaker it is: the alarm asks whether there
 * was any within a minute, and the log tells of which.
 * @param circuit what the calls ask for, in the log
 * @returns makes a call, or does not
 */
function createCircuitBreaker(circuit: string, options: CircuitBreakerOptions) {
  const { logger, metrics } = options;
  const breaker = createBreakerState(options);
  let lastFailure: OutageError | undefined;
  let probe: Promise<unknown> = Promise.resolve();

  const record = (failure: unknown, isProbe: boolean): void => {
    if (!isOutage(failure)) {
      if (breaker.recordSuccess()) logger.info('TaskRouter is asked again', { asks: circuit });
      return;
    }
    lastFailure = failure;
    const opened = breaker.recordFailure(isProbe);
    if (opened === undefined) return;
    const { openSeconds } = opened;
    const { status } = failure;
    logger.warn('TaskRouter is not asked for a while', {
      asks: circuit,
      pauseSeconds: openSeconds,
      status,
    });
    metrics.addMetric('BreakerOpened', 'Count', 1);
  };

  const attempt = async <Result>(
    call: () => Promise<Result>,
    isProbe: boolean,
  ): Promise<Result> => {
    try {
      const result = await call();
      record(undefined, isProbe);
      return result;
    } catch (failure) {
      record(failure, isProbe);
      throw failure;
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
    throw new CircuitOpen(retryAfterMs, lastFailure);
  };
}
