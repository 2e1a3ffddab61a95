import pLimit from 'p-limit';
import { isFinishing } from '../messages/segments.ts';
import { criteriaFor } from '../taskrouter/criteria.ts';
import { matchTasks } from '../taskrouter/find-tasks.ts';
import { limitRequests } from '../taskrouter/limit-requests.ts';
import type { CallCounter } from '../taskrouter/task-router.ts';
import type { SyncOptions } from './options.ts';
import { combineOutcomes, isPending } from './outcome.ts';
import { findTargets, newestWins, targetsFor } from './targets.ts';
import type {
  BatchResult,
  ChangeDelivery,
  Deadline,
  Delivery,
  Outcome,
  ReconcileDelivery,
  TargetsByDelivery,
  TargetsOrOutcome,
  TaskPlan,
  TaskUpdate,
} from './types.ts';
import { updateTask } from './update-task.ts';

interface AppliedBatch extends Pick<BatchResult, 'updates' | 'searchCalls'> {
  /** How many of the search calls count against Twilio's limit. */
  evaluations: number;
  /** The outcome of every delivery, in the order given. */
  outcomes: ReadonlyMap<Delivery, Outcome>;
}

/** If a search takes longer than this, only its own changes wait for it. */
const searchTimeoutMs = 2000;

/**
 * Applies a batch: each change to all of its Tasks, each reconcile to its own Task, with one update for each Task.
 * As many Tasks run in parallel as requests, so that a Task is written soon after it was read. If a search fails,
 * changes that name their Task by SID are still applied. Never rejects: every delivery gets an outcome.
 */
export async function applyBatch(
  options: Pick<
    SyncOptions,
    'taskRouter' | 'sleep' | 'random' | 'logger' | 'namedTickets' | 'taskEvents'
  >,
  deliveries: readonly Delivery[],
  deadline: Deadline,
  requestsInParallel: number,
): Promise<AppliedBatch> {
  const limit = pLimit(requestsInParallel);
  const limited = { ...options, taskRouter: limitRequests(options.taskRouter, requestsInParallel) };
  const updateAll = (plans: readonly TaskPlan[]): Promise<TaskUpdate[]> =>
    Promise.all(plans.map((plan) => limit(() => updateTask(limited, plan, deadline))));

  const changes = deliveries.filter(isChange);
  const reconciles = deliveries.filter(isReconcile);
  const searched = changes.filter(needsSearch);
  const named: TargetsByDelivery = new Map(
    changes
      .filter((delivery) => !needsSearch(delivery))
      .map((delivery) => {
        const { change } = delivery.message;
        return [delivery, targetsFor(change, matchTasks(change, []))];
      }),
  );

  const counter: CallCounter = { calls: 0, signal: deadline.signal };
  const searching = deadline.within(
    findTargets(options, searched, counter),
    new Map(searched.map((delivery) => [delivery, { outcome: searchDidNotFinish }])),
  );
  const isLate = searched.length > 0 && (await isSlow(searching, searchTimeoutMs));
  const early = isLate ? await updateAll(planUpdates(newestWins(named), reconciles)) : [];
  const found = await searching;
  const targets = newestWins(new Map([...named, ...found]));
  const rest = isLate
    ? planUpdates(new Map([...targets].filter(([delivery]) => found.has(delivery))), [])
    : planUpdates(targets, reconciles);
  const updates = [...early, ...(await updateAll(rest))];

  const outcomes = new Map(
    deliveries.map((delivery) => [
      delivery,
      isChange(delivery)
        ? changeOutcome(delivery, targets.get(delivery), updates)
        : combineOutcomes(updates.flatMap((update) => update.outcomes.get(delivery) ?? [])),
    ]),
  );
  return { outcomes, updates, searchCalls: counter.calls, evaluations: counter.evaluations ?? 0 };
}

const searchDidNotFinish: Outcome = {
  outcome: 'retry',
  reason: 'taskrouter-unavailable',
  detail: 'search did not finish',
};

function isChange(delivery: Delivery): delivery is ChangeDelivery {
  return delivery.message.kind === 'ticket-change';
}

function isReconcile(delivery: Delivery): delivery is ReconcileDelivery {
  return delivery.message.kind === 'reconcile';
}

/** Whether a change needs a search, because its Task SID does not name all of its Tasks. */
function needsSearch({ message }: ChangeDelivery): boolean {
  return criteriaFor(message.change).length > 0;
}

/** Whether some work takes longer than a number of milliseconds. */
async function isSlow(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<true>();
  const timer = setTimeout(() => late.resolve(true), ms);
  try {
    return await Promise.race([work.then(() => false), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * One plan for each Task. A Task in wrap-up or finished comes first: Twilio deletes it two minutes after
 * its end, and after that nothing can be linked.
 */
function planUpdates(
  targets: TargetsByDelivery,
  reconciles: readonly ReconcileDelivery[],
): readonly TaskPlan[] {
  const plans: TaskPlan[] = [
    ...[...targets].flatMap(([delivery, found]): TaskPlan[] =>
      'outcome' in found
        ? []
        : found.targets.map(({ taskSid, ticket, status }) => ({
            taskSid,
            changes: new Map([[delivery, ticket]]),
            reconciles: [],
            finishing: isFinishing(status) ?? delivery.message.meta.finishing,
          })),
    ),
    ...reconciles.map((delivery) => ({
      taskSid: delivery.message.meta.taskSid,
      changes: new Map(),
      reconciles: [delivery],
      finishing: delivery.message.meta.finishing,
    })),
  ];
  return [...Map.groupBy(plans, ({ taskSid }) => taskSid)]
    .map(([taskSid, ofTask]): TaskPlan => {
      const known = ofTask.flatMap(({ finishing }) => finishing ?? []);
      return {
        taskSid,
        changes: new Map(ofTask.flatMap(({ changes }) => [...changes])),
        reconciles: ofTask.flatMap(({ reconciles }) => reconciles),
        finishing: known.length === 0 ? undefined : known.includes(true),
      };
    })
    .sort((one, other) => urgency(one) - urgency(other));
}

/** Tasks that will end soon come first, then Tasks whose status is not known, then all others. */
function urgency({ finishing }: TaskPlan): number {
  return finishing === undefined ? 1 : finishing ? 0 : 2;
}

/**
 * Combines the outcomes of a change at its Tasks into one. Of the Tasks that its ticket has left, only pending
 * outcomes count. A link that found no Task is searched for again, even if it was removed from other Tasks.
 */
function changeOutcome(
  delivery: ChangeDelivery,
  found: TargetsOrOutcome | undefined,
  updates: readonly TaskUpdate[],
): Outcome {
  if (found !== undefined && 'outcome' in found) return found.outcome;
  const isLink = delivery.message.change.link !== null;
  const counting = updates.flatMap(({ changes, outcomes }) => {
    const outcome = outcomes.get(delivery);
    if (outcome === undefined) return [];
    const isLeft = isLink && (outcome.outcome === 'removed' || !changes.get(delivery)?.link);
    return isLeft && !isPending(outcome) ? [] : [outcome];
  });
  if (counting.length === 0 && found?.superseded) return { outcome: 'stale' };
  return combineOutcomes(counting);
}
