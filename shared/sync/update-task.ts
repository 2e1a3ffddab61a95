import { conflictWaitMs } from '../config/retry-policy.ts';
import { inBytes, inCharacters, maximumLength } from '../media/fit.ts';
import { isUntouched, type Rewrite, rewrite } from '../media/rewrite.ts';
import { isConfirmation, type KnownTicket } from '../messages/message.ts';
import { isFinishing } from '../messages/segments.ts';
import { BadRequest, Conflict } from '../taskrouter/errors.ts';
import { readTask, type Task } from '../taskrouter/task-router.ts';
import { logCrash, type SyncOptions } from './options.ts';
import { outcomeOfError } from './outcome.ts';
import type {
  Deadline,
  Delivery,
  Outcome,
  ReconcileDelivery,
  TaskPlan,
  TaskUpdate,
  UpdateProgress,
  Written,
} from './types.ts';

/**
 * Applies the changes and reconciles of a batch to one Task, in one update. Never rejects, and ends by the
 * deadline. An error at this Task is the outcome of its own deliveries only.
 */
export async function updateTask(
  options: Pick<
    SyncOptions,
    'taskRouter' | 'sleep' | 'random' | 'logger' | 'namedTickets' | 'taskEvents'
  >,
  { taskSid, changes, reconciles, finishing }: TaskPlan,
  deadline: Deadline,
): Promise<TaskUpdate> {
  const { signal } = deadline;
  const progress: UpdateProgress = {
    calls: 0,
    conflicts: 0,
    finishing: finishing ?? false,
    signal,
  };
  const wanted: readonly KnownTicket[] = [
    ...changes.values(),
    ...reconciles.flatMap(({ message }) => message.change?.tickets ?? []),
  ];
  const isQuickCheck =
    options.taskEvents &&
    changes.size === 0 &&
    reconciles.every(({ message }) => isConfirmation(message));
  const work = rewriteTask(options, taskSid, { wanted, isQuickCheck }, deadline, progress).catch(
    (error: unknown) => {
      logCrash(options.logger, error, { taskSid });
      return sameOutcome(outcomeOfError(error));
    },
  );
  const result = await deadline.within(work, retry('deadline', 'did not finish'));

  const outcomes = new Map<Delivery, Outcome>([
    ...[...changes].map(([delivery, change]) => [delivery, outcomeOf(change, result)] as const),
    ...reconciles.map((delivery) => [delivery, reconcileOutcome(delivery, result)] as const),
  ]);
  const isUnconfirmed = result.written !== undefined || mayHaveWritten(changes.keys(), reconciles);
  return {
    taskSid,
    changes,
    outcomes: progress.finishing ? asUrgent(outcomes) : outcomes,
    progress,
    repairStreak: repairStreakOf(reconciles, outcomes),
    hidden: result.hidden,
    ...(result.written !== undefined && { written: result.written }),
    ...(result.tickets.length > 0 && isUnconfirmed && { tickets: result.tickets }),
  };
}

/** The result of the update of one Task. */
interface TaskResult {
  /** The outcome of each ticket. For a ticket that is missing here, the Task's outcome counts. */
  ticketOutcomes: ReadonlyMap<KnownTicket, Outcome>;
  taskOutcome: Outcome;
  /** Set if a write was made. */
  written?: Written;
  /** The tickets that the Task has now. Empty if the Task was not read. */
  tickets: Rewrite['tickets'];
  hidden: readonly string[];
}

/** The most tries to write in one invocation. After that, the delay of a retry spreads the writers. */
const maxRounds = 10;

/**
 * Merges tickets into one Task: two parallel reads, one rewrite, and a write only if something changes. A quick
 * check is one read if nobody wrote to the Task after us.
 *
 * If another writer is faster (412), only the Task is read again: its attributes do not affect its reservations.
 *
 * Twilio does not document whether its limit counts characters or bytes. So attributes are first made to fit in
 * characters. If Twilio rejects them and they are too long in bytes, they are made to fit in bytes.
 * @throws TaskRouterError if a request fails. The write may still have taken effect: the next try reads and
 * compares.
 */
async function rewriteTask(
  {
    taskRouter,
    sleep,
    random,
    namedTickets,
  }: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'namedTickets'>,
  taskSid: string,
  { wanted, isQuickCheck }: { wanted: readonly KnownTicket[]; isQuickCheck: boolean },
  deadline: Deadline,
  progress: UpdateProgress,
): Promise<TaskResult> {
  if (deadline.isNear()) return retry('deadline', 'not started');
  const read = isQuickCheck
    ? await confirm(taskRouter, taskSid, wanted, namedTickets, progress)
    : await readTask(taskRouter, taskSid, progress);
  if (read === undefined) return sameOutcome({ outcome: 'unchanged' });
  const { reservations } = read;
  let task: Task = read.task;
  let measure = inCharacters;
  for (let round = 1; ; round += 1) {
    progress.finishing = isFinishing(task.status) ?? progress.finishing;
    const { status } = task;
    const rewritten = rewrite(task.attributes, reservations, wanted, {
      measure,
      status,
      namedTickets,
    });
    const { attributes, outcomes, problem, tickets, hidden } = rewritten;
    const taskOutcome: Outcome = problem ?? { outcome: 'unchanged' };
    const ticketOutcomes = new Map(
      wanted.map((ticket, index) => [ticket, outcomes[index] ?? taskOutcome]),
    );
    if (attributes === undefined) {
      return { ticketOutcomes, taskOutcome, tickets, hidden };
    }
    if (deadline.isNear()) return retry('deadline', 'not written');
    try {
      await taskRouter.updateAttributes(taskSid, attributes, task.etag, progress);
      const { budget, linked, removed } = rewritten;
      const written = { budget, linked, removed };
      return { ticketOutcomes, taskOutcome: { outcome: 'reconciled' }, written, tickets, hidden };
    } catch (error) {
      const isTooManyBytes =
        error instanceof BadRequest && measure !== inBytes && inBytes(attributes) > maximumLength;
      if (isTooManyBytes) {
        measure = inBytes;
        continue;
      }
      if (!(error instanceof Conflict)) throw error;
      progress.conflicts += 1;
    }
    const conflicts = `${round} conflicts in a row`;
    if (round === maxRounds) return retry('conflict', conflicts);
    await sleep(conflictWaitMs(round, random()));
    if (deadline.isNear()) return retry('deadline', conflicts);
    task = await taskRouter.fetchTask(taskSid, progress);
  }
}

/**
 * Reads a Task, and its reservations only if somebody wrote to it after us.
 * @returns undefined if nobody did
 */
async function confirm(
  taskRouter: SyncOptions['taskRouter'],
  taskSid: string,
  confirmed: readonly KnownTicket[],
  namedTickets: SyncOptions['namedTickets'],
  progress: UpdateProgress,
) {
  const task = await taskRouter.fetchTask(taskSid, progress);
  progress.finishing = isFinishing(task.status) ?? progress.finishing;
  const { attributes, status } = task;
  if (isUntouched(attributes, confirmed, { status, namedTickets })) return undefined;
  return { task, reservations: await taskRouter.listReservations(taskSid, progress) };
}

function retry(reason: 'conflict' | 'deadline', detail: string): TaskResult {
  return sameOutcome({ outcome: 'retry', reason, detail });
}

function sameOutcome(taskOutcome: Outcome): TaskResult {
  return { ticketOutcomes: new Map(), taskOutcome, tickets: [], hidden: [] };
}

function outcomeOf(ticket: KnownTicket, { ticketOutcomes, taskOutcome }: TaskResult): Outcome {
  return ticketOutcomes.get(ticket) ?? taskOutcome;
}

/** The outcome of a confirmation depends only on its own tickets. A write for other tickets is not a repair. */
function reconcileOutcome({ message }: ReconcileDelivery, result: TaskResult): Outcome {
  const { taskOutcome } = result;
  if (!isConfirmation(message) || taskOutcome.outcome !== 'reconciled') return taskOutcome;
  const isRepaired = message.change.tickets.some((ticket) => {
    const { outcome } = outcomeOf(ticket, result);
    return outcome === 'linked' || outcome === 'removed';
  });
  return isRepaired ? taskOutcome : { outcome: 'unchanged' };
}

function asUrgent(outcomes: ReadonlyMap<Delivery, Outcome>): ReadonlyMap<Delivery, Outcome> {
  return new Map(
    [...outcomes].map(([delivery, outcome]) => [
      delivery,
      outcome.outcome === 'retry' ? { ...outcome, finishing: true } : outcome,
    ]),
  );
}

/** Whether an earlier try may have written, and ended before it sent its confirmation. */
function mayHaveWritten(
  changes: Iterable<Delivery>,
  reconciles: readonly ReconcileDelivery[],
): boolean {
  const events = reconciles.filter(({ message }) => !isConfirmation(message));
  return [...changes, ...events].some(({ tries }) => tries > 1);
}

/** How many confirmations in a row had to repair the Task, with those of this update. */
function repairStreakOf(
  reconciles: readonly ReconcileDelivery[],
  outcomes: ReadonlyMap<Delivery, Outcome>,
): number {
  const streaks = reconciles.flatMap((delivery) => {
    const isRepair = outcomes.get(delivery)?.outcome === 'reconciled';
    return isRepair && isConfirmation(delivery.message)
      ? [delivery.message.meta.repairStreak + 1]
      : [];
  });
  return Math.max(0, ...streaks);
}
