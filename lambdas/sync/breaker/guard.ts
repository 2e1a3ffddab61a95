import { setTimeout as sleep } from 'node:timers/promises';
import { CircuitOpen, Transient, Unauthorized } from '../../../shared/taskrouter/failures.ts';
import type { SyncOptions } from '../sync-options.ts';
import { type BreakerStateOptions, createBreakerState } from './breaker.ts';

export type CircuitBreakerOptions = BreakerStateOptions & Pick<SyncOptions, 'logger' | 'metrics'>;

type OutageError = Transient | Unauthorized;

/**
 * Whether a failure says that asking is of no use for now: no answer, an answer of 500 and more, our key
 * refused. A 429 is the answer of a service that is up, and asks for its wait itself.
 */
const isOutage = (failure: unknown): failure is OutageError =>
  failure instanceof Unauthorized ||
  (failure instanceof Transient && (failure.status === undefined || failure.status >= 500));

/** The least that messages wait which a probe turned away: by then the next pause has begun, or it is over. */
const minWaitMs = 1000;

/** How long a probe is waited for. One that takes longer is not to use up the time of a whole batch. */
const probeTimeoutMs = 1500;

const finishesWithin = async (ms: number, work: Promise<unknown>): Promise<boolean> => {
  const done = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      sleep(ms, false, { signal: done.signal }).catch(() => false),
    ]);
  } finally {
    done.abort();
  }
};

/**
 * Calls behind a breaker of their own: in an outage they are made less and less often, and what is not made
 * fails at once with `NotAsked`, which tells when to come again.
 *
 * Every pause that begins counts as `BreakerOpened`, whichever breaker it is: the alarm asks whether there
 * was any within a minute, and the log tells of which.
 * @param circuit what the calls ask for, in the log
 * @returns makes a call, or does not
 */
export const createCircuitBreaker = (circuit: string, options: CircuitBreakerOptions) => {
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
};
