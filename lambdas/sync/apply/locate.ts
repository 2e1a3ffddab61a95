import { BadRequest } from '../../../shared/taskrouter/failures.ts';
import { findTasks } from '../../../shared/taskrouter/find-tasks.ts';
import type { CallCounter } from '../../../shared/taskrouter/task-router.ts';
import type { Delivery } from '../delivery.ts';
import { logCrash } from '../report/log-crash.ts';
import type { SyncOptions } from '../sync-options.ts';
import { outcomeOfError } from './failure-outcome.ts';
import { type TargetsOrOutcome, targetsFor } from './targets-of.ts';

/** A delivery with what is to be done at which Tasks, or with what it has come to already. */
export type Located = { readonly delivery: Delivery } & TargetsOrOutcome;

/**
 * Finds the Tasks of all the deliveries with one search, in the order given. A search that Twilio
 * will not take as a whole is made for each half again, so that one odd value spoils no other's.
 * Never rejects: what fails is the outcome of the deliveries it was for.
 */
export const findTargets = async (
  options: Pick<SyncOptions, 'taskRouter' | 'logger'>,
  deliveries: readonly Delivery[],
  counter: CallCounter,
): Promise<readonly Located[]> => {
  const changes = deliveries.map(({ change }) => change);
  try {
    const found = await findTasks(options.taskRouter, changes, counter);
    return deliveries.map((delivery, index) => ({
      delivery,
      ...targetsFor(delivery.change, found[index] ?? []),
    }));
  } catch (failure) {
    if (failure instanceof BadRequest && deliveries.length > 1) {
      const middle = Math.ceil(deliveries.length / 2);
      const halves = [deliveries.slice(0, middle), deliveries.slice(middle)];
      return (await Promise.all(halves.map((half) => findTargets(options, half, counter)))).flat();
    }
    logCrash(options.logger, failure);
    const outcome = outcomeOfError(failure);
    return deliveries.map((delivery) => ({
      delivery,
      outcome:
        outcome.outcome === 'retry' && delivery.change.finishing
          ? { ...outcome, finishing: true }
          : outcome,
    }));
  }
};
