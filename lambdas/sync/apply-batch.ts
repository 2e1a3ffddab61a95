import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { isFinishing } from '../../shared/messages/segments.ts';
import { criteriaFor } from '../../shared/taskrouter/criteria.ts';
import { BadRequest } from '../../shared/taskrouter/errors.ts';
import { findTasks } from '../../shared/taskrouter/find-tasks.ts';
import { matchTasks } from '../../shared/taskrouter/match-tasks.ts';
import type { CallCounter } from '../../shared/taskrouter/task-router.ts';
import type { Deadline } from './deadline.ts';
import { logCrash } from './log-crash.ts';
import type { SyncOptions } from './options.ts';
import { combineOutcomes, isPending, type Outcome, outcomeOfError } from './outcome.ts';
import { newestWins, type TargetsOrOutcome, targetsFor } from './targets.ts';
import type { Delivery, SettleDelivery } from './types.ts';
import {
  type PlannedUpdate,
  type TaskOutcome,
  type TaskUpdate,
  updateTask,
} from './update-task.ts';

/** A delivery and what it came to. */
interface Applied {
  readonly delivery: Delivery | SettleDelivery;
  readonly outcome: Outcome;
  readonly updates: readonly TaskUpdate[];
}

const searchNotFinished: Outcome = {
  outcome: 'retry',
  reason: 'taskrouter-unavailable',
  detail: 'search not finished',
};

/** A search that takes longer holds up nothing but the changes that it is for. */
const searchTimeoutMs = 2000;

/**
 * Applies a batch: each change to all of its Tasks, each settle to its own, everything of a Task in one
 * visit, a few Tasks at a time. A search that fails is the outcome of the changes it was for; those
 * that name their Task go on. Never rejects: every delivery has its outcome.
 * @returns One for each delivery, in no certain order, and the requests that the search took.
 */
export async function applyBatch(
  options: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'logger' | 'tasksInParallel'>,
  changes: readonly Delivery[],
  reconciles: readonly SettleDelivery[],
  deadline: Deadline,
): Promise<{ readonly applied: readonly Applied[]; readonly search: CallCounter }> {
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
}

/** A delivery with what is to be done at which Tasks, or with what it has come to already. */
export type Located = { readonly delivery: Delivery } & TargetsOrOutcome;

/**
 * Finds the Tasks of all the deliveries with one search, in the order given. A search that Twilio
 * will not take as a whole is made for each half again, so that one odd value spoils no other's.
 * Never rejects: what fails is the outcome of the deliveries it was for.
 */
export async function findTargets(
  options: Pick<SyncOptions, 'taskRouter' | 'logger'>,
  deliveries: readonly Delivery[],
  counter: CallCounter,
): Promise<readonly Located[]> {
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
}

/**
 * What a change came to, by the Tasks that it is for. Of those that its ticket has left only what is
 * still open counts: a link that found no place is looked for again whatever became of them.
 */
function changeOutcome(found: Located, taskOutcomes: readonly TaskOutcome[]): Outcome {
  if ('outcome' in found) return found.outcome;
  const isLink = found.delivery.change.link !== null;
  const counting = taskOutcomes.filter(
    ({ outcome, change }) => !isLink || change?.link !== null || isPending(outcome),
  );
  if (counting.length === 0 && found.superseded) return { outcome: 'stale' };
  return combineOutcomes(counting.map(({ outcome }) => outcome));
}

/** Whether something takes longer than so many milliseconds. */
async function isSlow(work: Promise<unknown>, ms: number): Promise<boolean> {
  const done = new AbortController();
  try {
    const late = sleep(ms, true, { signal: done.signal });
    return await Promise.race([work.then(() => false), late]);
  } finally {
    done.abort();
  }
}

/** Known to end soon, then not known, then known to go on. */
function urgency({ finishing }: PlannedUpdate): number {
  return finishing === undefined ? 1 : finishing ? 0 : 2;
}

/**
 * What is to be done at each Task, all of it in one visit. A Task in wrap-up or finished comes first:
 * Twilio deletes it two minutes after its end, and nothing can be attached any more.
 */
function planUpdates(
  located: readonly Located[],
  reconciles: readonly SettleDelivery[],
): readonly PlannedUpdate[] {
  const planned: PlannedUpdate[] = [
    ...located.flatMap((found): PlannedUpdate[] =>
      'outcome' in found
        ? []
        : found.targets.map(({ taskSid, change, status }) => ({
            taskSid,
            changes: [{ delivery: found.delivery, change }],
            reconciles: [],
            finishing: isFinishing(status) ?? change.finishing,
          })),
    ),
    ...reconciles.map((delivery) => ({
      taskSid: delivery.settle.taskSid,
      changes: [],
      reconciles: [delivery],
      finishing: delivery.settle.finishing,
    })),
  ];
  const byTask = Map.groupBy(planned, ({ taskSid }) => taskSid);
  return [...byTask]
    .map(([taskSid, group]): PlannedUpdate => {
      const known = group.flatMap(({ finishing }) => finishing ?? []);
      return {
        taskSid,
        changes: group.flatMap(({ changes }) => changes),
        reconciles: group.flatMap(({ reconciles }) => reconciles),
        finishing: known.length === 0 ? undefined : known.includes(true),
      };
    })
    .sort((one, other) => urgency(one) - urgency(other));
}
