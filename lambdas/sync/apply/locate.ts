import { Invalid } from '../../../shared/taskrouter/failures.ts';
import { findTasks } from '../../../shared/taskrouter/find-tasks.ts';
import type { Tally } from '../../../shared/taskrouter/task-router.ts';
import type { Delivery } from '../delivery.ts';
import { logCrash } from '../report/log-crash.ts';
import type { SyncOptions } from '../sync-options.ts';
import { outcomeOfFailure } from './failure-outcome.ts';
import { type Decision, targetsOf } from './targets-of.ts';

/** A delivery with what is to be done at which Tasks, or with what it has come to already. */
export type Located = { readonly delivery: Delivery } & Decision;

/**
 * Finds the Tasks of all the deliveries with one search, in the order given. A search that Twilio
 * will not take as a whole is made for each half again, so that one odd value spoils no other's.
 * Never rejects: what fails is the outcome of the deliveries it was for.
 */
export const locate = async (
  options: Pick<SyncOptions, 'taskRouter' | 'logger'>,
  deliveries: readonly Delivery[],
  tally: Tally,
): Promise<readonly Located[]> => {
  const changes = deliveries.map(({ change }) => change);
  try {
    const found = await findTasks(options.taskRouter, changes, tally);
    return deliveries.map((delivery, index) => ({
      delivery,
      ...targetsOf(delivery.change, found[index] ?? []),
    }));
  } catch (failure) {
    if (failure instanceof Invalid && deliveries.length > 1) {
      const middle = Math.ceil(deliveries.length / 2);
      const halves = [deliveries.slice(0, middle), deliveries.slice(middle)];
      return (await Promise.all(halves.map((half) => locate(options, half, tally)))).flat();
    }
    logCrash(options.logger, failure);
    const outcome = outcomeOfFailure(failure);
    return deliveries.map((delivery) => ({
      delivery,
      outcome:
        outcome.outcome === 'retry' && delivery.change.finishing
          ? { ...outcome, finishing: true }
          : outcome,
    }));
  }
};
