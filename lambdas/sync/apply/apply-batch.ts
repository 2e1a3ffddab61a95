import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { signsOf } from '../../../shared/taskrouter/correlation.ts';
import { matchTasks } from '../../../shared/taskrouter/match-tasks.ts';
import type { Tally } from '../../../shared/taskrouter/task-router.ts';
import type { Delivery, SettleDelivery } from '../delivery.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { Deadline } from './deadline.ts';
import { errandsOf } from './errands.ts';
import { type Located, locate } from './locate.ts';
import { combineOutcomes, isOpen, type Outcome } from './outcome.ts';
import { supersede } from './supersede.ts';
import { targetsOf } from './targets-of.ts';
import { type Visit, type Visited, visitTask } from './visit-task.ts';

/** A delivery and what it came to. */
export interface Applied {
  readonly delivery: Delivery | SettleDelivery;
  readonly outcome: Outcome;
  readonly visits: readonly Visit[];
}

/**
 * What a change came to, by the Tasks that it is for. Of those that its ticket has left only what is
 * still open counts: a link that found no place is looked for again whatever became of them.
 */
const outcomeOf = (found: Located, visited: readonly Visited[]): Outcome => {
  if ('outcome' in found) return found.outcome;
  const isLink = found.delivery.change.link !== null;
  const counting = visited.filter(
    ({ outcome, change }) => !isLink || change?.link !== null || isOpen(outcome),
  );
  if (counting.length === 0 && found.superseded) return { outcome: 'stale' };
  return combineOutcomes(counting.map(({ outcome }) => outcome));
};

const notFound: Outcome = {
  outcome: 'retry',
  reason: 'taskrouter-unavailable',
  detail: 'search not finished',
};

/** A search that takes longer holds up nothing but the changes that it is for. */
const searchPatienceMs = 2000;

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
  settles: readonly SettleDelivery[],
  deadline: Deadline,
): Promise<{ readonly applied: readonly Applied[]; readonly search: Tally }> => {
  const limit = pLimit(options.tasksInParallel);
  const search: Tally = { calls: 0 };
  const visitAll = async (
    located: readonly Located[],
    alone: readonly SettleDelivery[],
  ): Promise<readonly Visited[]> => {
    const visits = errandsOf(located, alone).map((errand) =>
      limit(() => visitTask(options, errand, deadline)),
    );
    return (await Promise.all(visits)).flat();
  };

  const sought = changes.filter(({ change }) => signsOf(change).length > 0);
  const direct = changes
    .filter(({ change }) => signsOf(change).length === 0)
    .map((delivery) => ({
      delivery,
      ...targetsOf(delivery.change, matchTasks(delivery.change, [])),
    }));
  const searching = deadline.within(
    locate(options, sought, search),
    sought.map((delivery) => ({ delivery, outcome: notFound })),
  );
  const isLate = await isSlow(searching, searchPatienceMs);
  const early = isLate ? await visitAll(supersede(direct), settles) : [];
  const found = await searching;
  const located = supersede([...direct, ...found]);
  const rest = isLate ? located.filter(({ delivery }) => sought.includes(delivery)) : located;
  const visited = Map.groupBy(
    [...early, ...(await visitAll(rest, isLate ? [] : settles))],
    ({ delivery }) => delivery,
  );
  const appliedTo = (
    delivery: Delivery | SettleDelivery,
    combine: (visited: readonly Visited[]) => Outcome,
  ): Applied => {
    const parts = visited.get(delivery) ?? [];
    return { delivery, outcome: combine(parts), visits: parts.map(({ visit }) => visit) };
  };
  return {
    applied: [
      ...located.map((found) => appliedTo(found.delivery, (parts) => outcomeOf(found, parts))),
      ...settles.map((delivery) =>
        appliedTo(delivery, (parts) => combineOutcomes(parts.map(({ outcome }) => outcome))),
      ),
    ],
    search,
  };
};
