import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { criteriaFor } from '../../../shared/taskrouter/correlation.ts';
import { matchTasks } from '../../../shared/taskrouter/match-tasks.ts';
import type { CallCounter } from '../../../shared/taskrouter/task-router.ts';
import type { Delivery, SettleDelivery } from '../delivery.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { Deadline } from './deadline.ts';
import { planUpdates } from './errands.ts';
import { findTargets, type Located } from './locate.ts';
import { combineOutcomes, isPending, type Outcome } from './outcome.ts';
import { newestWins } from './supersede.ts';
import { targetsFor } from './targets-of.ts';
import { type TaskOutcome, type TaskUpdate, updateTask } from './visit-task.ts';

/** A delivery and what it came to. */
export interface Applied {
  readonly delivery: Delivery | SettleDelivery;
  readonly outcome: Outcome;
  readonly updates: readonly TaskUpdate[];
}

/**
 * What a change came to, by the Tasks that it is for. Of those that its ticket has left only what is
 * still open counts: a link that found no place is looked for again whatever became of them.
 */
const changeOutcome = (found: Located, taskOutcomes: readonly TaskOutcome[]): Outcome => {
  if ('outcome' in found) return found.outcome;
  const isLink = found.delivery.change.link !== null;
  const counting = taskOutcomes.filter(
    ({ outcome, change }) => !isLink || change?.link !== null || isPending(outcome),
  );
  if (counting.length === 0 && found.superseded) return { outcome: 'stale' };
  return combineOutcomes(counting.map(({ outcome }) => outcome));
};

const searchNotFinished: Outcome = {
  outcome: 'retry',
  reason: 'taskrouter-unavailable',
  detail: 'search not finished',
};

/** A search that takes longer holds up nothing but the changes that it is for. */
const searchTimeoutMs = 2000;

/** Whether something takes longer than so many milliseconds. */
const isSlow = async (work: Promise<unknown>, ms: number): Promise<boolean> => {
  const done = new AbortController();
  try {
    const late = sleep(ms, true, { signal: done.signal });
    return await Promise.race([work.then(() => false), late]);
  } finally {
    done.abort();
  }
};

/**
 * Applies a batch: each change to all of its Tasks, each settle to its own, everything of a Task in one
 * visit, a few Tasks at a time. A search that fails is the outcome of the changes it was for; those
 * that name their Task go on. Never rejects: every delivery has its outcome.
 * @returns One for each delivery, in no certain order, and the requests that the search took.
 */
export const applyBatch = async (
  options: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'logger' | 'tasksInParallel'>,
  changes: readonly Delivery[],
  reconciles: readonly SettleDelivery[],
  deadline: Deadline,
): Promise<{ readonly applied: readonly Applied[]; readonly search: CallCounter }> => {
  const limit = pLimit(options.tasksInParallel);
  const search: CallCounter = { calls: 0 };
  const updateAll = async (
    located: readonly Located[],
    ownReconciles: readonly SettleDelivery[],
  ): Promise<readonly TaskOutcome[]> => {
    const updates = planUpdates(located, ownReconciles).map((planned) =>
      limit(() => updateTask(options, planned, deadline)),
    );
    return (await Promise.all(updates)).flat();
  };

  const toSearch = changes.filter(({ change }) => criteriaFor(change).length > 0);
  const direct = changes
    .filter(({ change }) => criteriaFor(change).length === 0)
    .map((delivery) => ({
      delivery,
      ...targetsFor(delivery.change, matchTasks(delivery.change, [])),
    }));
  const searching = deadline.within(
    findTargets(options, toSearch, search),
    toSearch.map((delivery) => ({ delivery, outcome: searchNotFinished })),
  );
  const isLate = await isSlow(searching, searchTimeoutMs);
  const early = isLate ? await updateAll(newestWins(direct), reconciles) : [];
  const found = await searching;
  const located = newestWins([...direct, ...found]);
  const rest = isLate ? located.filter(({ delivery }) => toSearch.includes(delivery)) : located;
  const taskOutcomes = Map.groupBy(
    [...early, ...(await updateAll(rest, isLate ? [] : reconciles))],
    ({ delivery }) => delivery,
  );
  const appliedTo = (
    delivery: Delivery | SettleDelivery,
    combine: (taskOutcomes: readonly TaskOutcome[]) => Outcome,
  ): Applied => {
    const parts = taskOutcomes.get(delivery) ?? [];
    return { delivery, outcome: combine(parts), updates: parts.map(({ update: visit }) => visit) };
  };
  return {
    applied: [
      ...located.map((found) => appliedTo(found.delivery, (parts) => changeOutcome(found, parts))),
      ...reconciles.map((delivery) =>
        appliedTo(delivery, (parts) => combineOutcomes(parts.map(({ outcome }) => outcome))),
      ),
    ],
    search,
  };
};
