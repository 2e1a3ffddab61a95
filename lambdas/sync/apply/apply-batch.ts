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
import { targetsOf } from './targets-of.ts';
import { type Visit, visitTask } from './visit-task.ts';

/** A delivery and what it came to. */
export interface Applied {
  readonly delivery: Delivery | SettleDelivery;
  readonly outcome: Outcome;
  readonly visits: readonly Visit[];
}

/**
 * What a change came to. A link that found no place is still looked for, whatever became of the Tasks
 * that the ticket has left.
 */
const outcomeOf = (found: Located, parts: readonly Outcome[]): Outcome => {
  if ('outcome' in found) return found.outcome;
  const isPlaced =
    found.delivery.change.link === null || found.targets.some(({ change }) => change.link !== null);
  return combineOutcomes(isPlaced ? parts : parts.filter(isOpen));
};

const notFound: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'search not finished' };

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
  const sought = changes.filter(({ change }) => signsOf(change).length > 0);
  const direct = changes.filter(({ change }) => signsOf(change).length === 0);
  const found = await deadline.within(
    locate(options, sought, search),
    sought.map((delivery) => ({ delivery, outcome: notFound })),
  );
  const located: readonly Located[] = [
    ...direct.map((delivery) => {
      const { change } = delivery;
      return { delivery, ...targetsOf(change, matchTasks(change, [])) };
    }),
    ...found,
  ];
  const visits = errandsOf(located, settles).map((errand) =>
    limit(() => visitTask(options, errand, deadline)),
  );
  const visited = Map.groupBy((await Promise.all(visits)).flat(), ({ delivery }) => delivery);
  const appliedTo = (
    delivery: Delivery | SettleDelivery,
    combine: (outcomes: readonly Outcome[]) => Outcome,
  ): Applied => {
    const parts = visited.get(delivery) ?? [];
    const outcome = combine(parts.map((part) => part.outcome));
    return { delivery, outcome, visits: parts.map(({ visit }) => visit) };
  };
  return {
    applied: [
      ...located.map((found) => appliedTo(found.delivery, (parts) => outcomeOf(found, parts))),
      ...settles.map((delivery) => appliedTo(delivery, combineOutcomes)),
    ],
    search,
  };
};
