import pLimit from 'p-limit';
import type { TicketChange } from '../../../shared/message/ticket-change.ts';
import type { Tally } from '../../../shared/taskrouter/task-router.ts';
import type { Delivery } from '../delivery.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { Deadline } from './deadline.ts';
import { type Located, locate } from './locate.ts';
import { combineOutcomes, type Outcome } from './outcome.ts';
import { type Visit, visitTask } from './visit-task.ts';

/** A delivery and what it came to. */
export interface Applied {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
  readonly visits: readonly Visit[];
}

const notFound: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'search not finished' };

/** A removal is for every Task that shows the ticket, so that knowing one of them is not enough. */
const isLocated = ({ correlation, link }: TicketChange): boolean =>
  correlation.taskSid !== undefined && link !== null;

const locateAll = async (
  options: Pick<SyncOptions, 'taskRouter' | 'logger'>,
  deliveries: readonly Delivery[],
  search: Tally,
  deadline: Deadline,
): Promise<readonly Located[]> => {
  const located = deliveries.filter(({ change }) => isLocated(change));
  const sought = deliveries.filter(({ change }) => !isLocated(change));
  const found = await deadline.within(
    locate(options, sought, search),
    sought.map((delivery) => ({ delivery, failed: notFound })),
  );
  return [
    ...located.map((delivery) => ({
      delivery,
      taskSids: [delivery.change.correlation.taskSid ?? []].flat(),
    })),
    ...found,
  ];
};

const groupByTask = (located: readonly Located[]): ReadonlyMap<string, readonly Delivery[]> => {
  const pairs = located.flatMap((found) =>
    'failed' in found
      ? []
      : [...new Set(found.taskSids)].map((taskSid) => ({ taskSid, delivery: found.delivery })),
  );
  const groups = Map.groupBy(pairs, ({ taskSid }) => taskSid);
  return new Map([...groups].map(([sid, members]) => [sid, members.map((m) => m.delivery)]));
};

/**
 * Applies a batch of changes, each to all of its Tasks: all changes of a Task in one visit, a few
 * Tasks at a time. A search that fails is the outcome of the changes it was for; those that name
 * their Task go on. Never rejects: every delivery has its outcome.
 * @returns One for each delivery, in no certain order, and the requests that the search took.
 */
export const applyChanges = async (
  options: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'logger' | 'tasksInParallel'>,
  deliveries: readonly Delivery[],
  deadline: Deadline,
): Promise<{ readonly applied: readonly Applied[]; readonly search: Tally }> => {
  const limit = pLimit(options.tasksInParallel);
  const search: Tally = { calls: 0 };
  const located = await locateAll(options, deliveries, search, deadline);
  const visits = [...groupByTask(located)].map(([taskSid, group]) =>
    limit(() => visitTask(options, taskSid, group, deadline)),
  );
  const visited = Map.groupBy((await Promise.all(visits)).flat(), ({ delivery }) => delivery);
  const applied = located.map((found) => {
    const parts = visited.get(found.delivery) ?? [];
    return {
      delivery: found.delivery,
      outcome: 'failed' in found ? found.failed : combineOutcomes(parts.map((p) => p.outcome)),
      visits: parts.map(({ visit }) => visit),
    };
  });
  return { applied, search };
};
