import { NotAsked, Refused, Retryable } from '../../../shared/taskrouter/failures.ts';
import type { TaskRouter } from '../../../shared/taskrouter/task-router.ts';
import type { SyncOptions } from '../sync-options.ts';
import { type BreakerOptions, createBreaker } from './breaker.ts';

type DownFailure = Retryable | Refused;

/**
 * Whether a failure says that asking is of no use for now: no answer, an answer of 500 and more, our key
 * refused. A 429 is the answer of a service that is up, and asks for its wait itself.
 */
const isDown = (failure: unknown): failure is DownFailure =>
  failure instanceof Refused ||
  (failure instanceof Retryable && (failure.status === undefined || failure.status >= 500));

/** The least that messages wait which a probe's failure turned away: the next pause has begun by then. */
const leastWaitMs = 1000;

/**
 * TaskRouter behind a breaker: in a full outage it is asked less and less often, and what is not asked
 * fails at once with `NotAsked`, which tells when to come again. One breaker stands for all the work of an
 * instance.
 */
export const guardTaskRouter = (
  taskRouter: TaskRouter,
  options: BreakerOptions & Pick<SyncOptions, 'logger' | 'metrics'>,
): TaskRouter => {
  const { logger, metrics } = options;
  const breaker = createBreaker(options);
  let lastFailure: DownFailure | undefined;
  let probe: Promise<unknown> = Promise.resolve();

  const note = (failure: unknown, isProbe: boolean): void => {
    if (!isDown(failure)) {
      if (breaker.answered()) logger.info('TaskRouter is asked again', {});
      return;
    }
    lastFailure = failure;
    const opened = breaker.failed(isProbe);
    if (opened === undefined) return;
    const { pauseSeconds } = opened;
    logger.warn('TaskRouter is not asked for a while', { pauseSeconds, status: failure.status });
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

  const ask = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    let admission = breaker.admit();
    if (admission.admits === 'after-probe') {
      await probe;
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

  return {
    fetchTask: (...asked) => ask(() => taskRouter.fetchTask(...asked)),
    listReservations: (...asked) => ask(() => taskRouter.listReservations(...asked)),
    updateAttributes: (...asked) => ask(() => taskRouter.updateAttributes(...asked)),
    evaluate: (...asked) => ask(() => taskRouter.evaluate(...asked)),
    listTasks: (...asked) => ask(() => taskRouter.listTasks(...asked)),
  };
};
