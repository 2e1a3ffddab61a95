import { conflictWaitMs } from '../../shared/config/retry-policy.ts';
import { inBytes, inCharacters, maximumLength } from '../../shared/media/fit.ts';
import { type Rewrite, rewrite } from '../../shared/media/rewrite.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import type { Reservation } from '../../shared/messages/segments.ts';
import { isFinishing } from '../../shared/messages/segments.ts';
import { BadRequest, Conflict, NotFound } from '../../shared/taskrouter/errors.ts';
import type { CallCounter, Task, TaskRouter } from '../../shared/taskrouter/task-router.ts';
import type { Deadline } from './deadline.ts';
import { logCrash } from './log-crash.ts';
import type { SyncOptions } from './options.ts';
import { type Outcome, outcomeOfError } from './outcome.ts';
import type { Delivery, SettleDelivery } from './types.ts';

/** What a Task is visited for: changes, each as it is for this Task, and settles. */
export interface PlannedUpdate {
  readonly taskSid: string;
  readonly changes: readonly { readonly delivery: Delivery; readonly change: KnownTicket }[];
  readonly reconciles: readonly SettleDelivery[];
  /** Whether the Task is known to be in wrap-up or finished; undefined where nothing is known. */
  readonly finishing: boolean | undefined;
}

/** One visit to a Task, shared by all the messages that it was for. */
export interface TaskUpdate {
  readonly taskSid: string;
  readonly progress: Readonly<UpdateProgress>;
  readonly budget?: Rewrite['budget'];
  /** What is to be confirmed: set when something was written, or may have been by an earlier try. */
  readonly tickets?: Rewrite['tickets'];
  /** How many confirmations, one of this visit included, have had to bring something back in a row. */
  readonly repairStreak: number;
  readonly hidden: readonly string[];
}

/** What one delivery came to at one Task. */
export interface TaskOutcome {
  readonly delivery: Delivery | SettleDelivery;
  readonly outcome: Outcome;
  /** What was applied there; undefined for a settle. */
  readonly change?: KnownTicket;
  readonly update: TaskUpdate;
}

/**
 * Does all that a Task is visited for, at once. Never rejects and never outlasts the deadline: a fault
 * of this Task is the outcome of its own messages and of no others.
 */
export async function updateTask(
  options: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'logger'>,
  { taskSid, changes, reconciles, ...planned }: PlannedUpdate,
  deadline: Deadline,
): Promise<readonly TaskOutcome[]> {
  const progress: UpdateProgress = {
    calls: 0,
    conflicts: 0,
    finishing: planned.finishing ?? false,
  };
  const all: readonly KnownTicket[] = [
    ...changes.map(({ change }) => change),
    ...reconciles.flatMap(({ settle }) => settle.confirmation?.tickets ?? []),
  ];
  const work = rewriteTask(options, taskSid, all, deadline, progress).catch((failure: unknown) => {
    logCrash(options.logger, failure, { taskSid });
    return sameOutcome(all, outcomeOfError(failure));
  });
  const notFinished: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'not finished' };
  const { outcomes, taskOutcome, tickets, wrote, ...result } = await deadline.within(
    work,
    sameOutcome(all, notFinished),
  );

  let next = changes.length;
  const reconcileOutcomes = reconciles.map((delivery) => {
    const confirmed = delivery.settle.confirmation?.tickets;
    const ticketOutcomes = confirmed && outcomes.slice(next, next + confirmed.length);
    next += confirmed?.length ?? 0;
    return { delivery, outcome: reconcileOutcome(ticketOutcomes, taskOutcome) };
  });
  const repairStreaks = reconcileOutcomes.flatMap(({ delivery: { settle }, outcome }) =>
    settle.confirmation !== undefined && outcome.outcome === 'settled'
      ? [settle.confirmation.repairStreak + 1]
      : [],
  );
  // An earlier try may have written, and not have lived to see it.
  const mayHaveWritten =
    changes.some(({ delivery }) => delivery.tries > 1) ||
    reconciles.some(({ tries, settle }) => tries > 1 && settle.confirmation === undefined);
  const needsConfirmation =
    tickets !== undefined && tickets.length > 0 && (wrote || mayHaveWritten);
  const update: TaskUpdate = {
    taskSid,
    progress,
    repairStreak: Math.max(0, ...repairStreaks),
    ...(needsConfirmation && { tickets }),
    ...result,
  };
  const withFinishing = (outcome: Outcome): Outcome =>
    outcome.outcome === 'retry' && progress.finishing ? { ...outcome, finishing: true } : outcome;
  return [
    ...changes.map(({ delivery, change }, index) => ({
      delivery,
      change,
      outcome: withFinishing(outcomes[index] ?? notFinished),
      update,
    })),
    ...reconcileOutcomes.map(({ delivery, outcome }) => ({
      delivery,
      outcome: withFinishing(outcome),
      update,
    })),
  ];
}

/** Tries to write in one invocation; after that the queue spreads the writers further. */
const maxRounds = 10;

/** How one Task's visit goes; it is kept up while the visit lasts. */
interface UpdateProgress extends CallCounter {
  conflicts: number;
  /** Whether the Task is in wrap-up or finished, as far as that is known. */
  finishing: boolean;
}

/** What one visit to a Task came to. */
interface TaskResult {
  /** One for each change, in the order given. */
  readonly outcomes: readonly Outcome[];
  /** What the Task as a whole came to. */
  readonly taskOutcome: Outcome;
  /** What a write gave up to stay within the limit; set when something was written. */
  readonly budget?: Rewrite['budget'];
  /** What the Task knows of our tickets now; not set where it was not seen. */
  readonly tickets?: Rewrite['tickets'];
  readonly wrote: boolean;
  readonly hidden: readonly string[];
}

/**
 * A Task and its reservations, read side by side.
 * @throws TaskRouterFailure, and where both reads fail, `Gone` before any other: it is final.
 */
export async function readTask(
  taskRouter: TaskRouter,
  taskSid: string,
  counter: CallCounter,
): Promise<{ readonly task: Task; readonly reservations: readonly Reservation[] }> {
  const [task, reservations] = await Promise.allSettled([
    taskRouter.fetchTask(taskSid, counter),
    taskRouter.listReservations(taskSid, counter),
  ]);
  if (task.status === 'fulfilled' && reservations.status === 'fulfilled') {
    return { task: task.value, reservations: reservations.value };
  }
  const failures: unknown[] = [task, reservations].flatMap((read) =>
    read.status === 'rejected' ? [read.reason] : [],
  );
  throw failures.find((failure) => failure instanceof NotFound) ?? failures[0];
}

/** A confirmation is what its own tickets came to; that something else was written is no news of them. */
function reconcileOutcome(
  ticketOutcomes: readonly Outcome[] | undefined,
  taskOutcome: Outcome,
): Outcome {
  if (ticketOutcomes === undefined || taskOutcome.outcome !== 'settled') return taskOutcome;
  const isRepaired = ticketOutcomes.some(
    ({ outcome }) => outcome === 'linked' || outcome === 'removed',
  );
  return isRepaired ? taskOutcome : { outcome: 'unchanged' };
}

/** One outcome for all that the visit was for. */
function sameOutcome(changes: readonly unknown[], outcome: Outcome): TaskResult {
  return {
    outcomes: changes.map(() => outcome),
    taskOutcome: outcome,
    wrote: false,
    hidden: [],
  };
}

function retryAll(
  changes: readonly unknown[],
  reason: 'conflict' | 'deadline',
  detail: string,
): TaskResult {
  return sameOutcome(changes, { outcome: 'retry', reason, detail });
}

/**
 * Brings one Task to where all the given changes want it: two reads side by side, one rewrite, and a
 * write only where something changes. When somebody else wrote in between, only the Task is read
 * again; which reservations there are does not depend on its attributes. Attributes that are refused
 * and would be too long if Twilio counted bytes, which nobody outside knows, are made to fit those.
 * @throws TaskRouterFailure when a request fails. For a write that leaves open whether it took
 * effect; the next try reads and compares.
 */
async function rewriteTask(
  { taskRouter, sleep, random }: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random'>,
  taskSid: string,
  changes: readonly KnownTicket[],
  deadline: Deadline,
  progress: UpdateProgress,
): Promise<TaskResult> {
  if (deadline.isNear()) return retryAll(changes, 'deadline', 'not begun');
  const { task: firstRead, reservations } = await readTask(taskRouter, taskSid, progress);
  let task: Task = firstRead;
  let measure = inCharacters;
  for (let round = 1; ; round += 1) {
    progress.finishing = isFinishing(task.status) ?? progress.finishing;
    const { attributes, problem, ...wanted } = rewrite(
      task.attributes,
      reservations,
      changes,
      measure,
    );
    const { outcomes, budget, tickets, hidden } = wanted;
    if (attributes === undefined) {
      const taskOutcome = problem ?? { outcome: 'unchanged' };
      return { outcomes, taskOutcome, tickets, wrote: false, hidden };
    }
    if (deadline.isNear()) return retryAll(changes, 'deadline', 'not written');
    try {
      await taskRouter.updateAttributes(taskSid, attributes, task.etag, progress);
      return {
        outcomes,
        taskOutcome: { outcome: 'settled' },
        budget,
        tickets,
        wrote: true,
        hidden,
      };
    } catch (failure) {
      const isTooManyBytes =
        failure instanceof BadRequest && measure !== inBytes && inBytes(attributes) > maximumLength;
      if (isTooManyBytes) {
        measure = inBytes;
        continue;
      }
      if (!(failure instanceof Conflict)) throw failure;
      progress.conflicts += 1;
    }
    if (round === maxRounds) return retryAll(changes, 'conflict', `${round} rounds`);
    await sleep(conflictWaitMs(round, random()));
    if (deadline.isNear()) return retryAll(changes, 'deadline', `${round} rounds`);
    task = await taskRouter.fetchTask(taskSid, progress);
  }
}
