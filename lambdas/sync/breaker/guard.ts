import { setTimeout as sleep } from 'node:timers/promises';
import { NotAsked, Refused, Retryable } from '../../../shared/taskrouter/failures.ts';
import type { SyncOptions } from '../sync-options.ts';
import { type BreakerOptions, createBreaker } from './breaker.ts';

export type GuardOptions = BreakerOptions & Pick<SyncOptions, 'logger' | 'metrics'>;

type DownFailure = Retryable | Refused;

/**
 * Whether a failure says that asking is of no use for now: no answer, an answer of 500 and more, our key
 * refused. A 429 is the answer of a service that is up, and asks for its wait itself.
 */
const isDown = (failure: unknown): failure is DownFailure =>
  failure instanceof Refused ||
  (failure instanceof Retryable && (failure.status === undefined || failure.status >= 500));

/** The least that messages wait which a probe turned away: by then the next pause has begun, or it is over. */
const leastWaitMs = 1000;

/** How long a probe is waited for. One that takes longer is not to use up the time of a whole batch. */
const probePatienceMs = 1500;

const comesWithin = async (ms: number, work: Promise<unknown>): Promise<boolean> => {
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
 * @param asks what the calls ask for, in the log
 * @returns makes a call, or does not
 */
export const createGuard = (asks: string, options: GuardOptions) => {
  const { logger, metrics } = options;
  const breaker = createBreaker(options);
  let lastFailure: DownFailure | undefined;
  let probe: Promise<unknown> = Promise.resolve();

  const note = (failure: unknown, isProbe: boolean): void => {
    if (!isDown(failure)) {
      if (breaker.answered()) logger.info('TaskRouter is asked again', { asks });
      return;
    }
    lastFailure = failure;
    const opened = breaker.failed(isProbe);
    if (opened === undefined) return;
    const { pauseSeconds } = opened;
    const { status } = failure;
    logger.warn('TaskRouter is not asked for a while', { asks, pauseSeconds, status });
    metrics.addMetric('BreakerOpened', 'Count', 1);
  };

  const attempt = async <Answer>(
    call: () => Promise<Answer>,
    isProbe: boolean,
  ): Promise<Answer> => {
    try {
      const answer = await call();
      note(undefined, isProbe);
      return answer;
    } catch (failure) {
      note(failure, isProbe);
      throw failure;
    }
  };

  return async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    let admission = breaker.admit();
    if (admission.admits === 'after-probe' && (await comesWithin(probePatienceMs, probe))) {
      admission = breaker.admit();
    }
    if (admission.admits === 'all') return attempt(call, false);
    if (admission.admits === 'probe') {
      const probing = attempt(call, true);
      probe = probing.catch(() => {});
      return probing;
    }
    const retryAfterMs = admission.admits === 'none' ? admission.forMs : leastWaitMs;
    throw new NotAsked(retryAfterMs, lastFailure);
  };
};
