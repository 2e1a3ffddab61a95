import type { Rewrite } from '../../../shared/media/rewrite.ts';
import type { Delivery } from '../delivery.ts';
import { logCrash } from '../report/log-crash.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { Deadline } from './deadline.ts';
import { outcomeOfFailure } from './failure-outcome.ts';
import type { Outcome } from './outcome.ts';
import { type Cost, syncTask, type TaskResult } from './sync-task.ts';

/** One visit to a Task, shared by all the changes that went there. */
export interface Visit {
  readonly taskSid: string;
  readonly cost: Readonly<Cost>;
  readonly budget?: Rewrite['budget'];
  readonly hidden: readonly string[];
}

/** What one delivery came to at one Task. */
export interface Visited {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
  readonly visit: Visit;
}

/**
 * Applies a group of changes to one Task. Never rejects and never outlasts the deadline: a fault of
 * this Task is the outcome of its own changes and of no others.
 */
export const visitTask = async (
  options: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'logger'>,
  taskSid: string,
  group: readonly Delivery[],
  deadline: Deadline,
): Promise<readonly Visited[]> => {
  const cost: Cost = { calls: 0, conflicts: 0 };
  const forAll = (outcome: Outcome): TaskResult => ({
    outcomes: group.map(() => outcome),
    hidden: [],
  });
  const changes = group.map(({ change }) => change);
  const work = syncTask(options, taskSid, changes, deadline, cost).catch((failure: unknown) => {
    logCrash(options.logger, failure, { taskSid });
    return forAll(outcomeOfFailure(failure));
  });
  const late: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'not finished' };
  const { outcomes, ...result } = await deadline.within(work, forAll(late));
  const visit: Visit = { taskSid, cost, ...result };
  return group.map((delivery, index) => ({ delivery, outcome: outcomes[index] ?? late, visit }));
};
