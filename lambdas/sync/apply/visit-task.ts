import type { Rewrite } from '../../../shared/media/rewrite.ts';
import type { KnownTicket } from '../../../shared/message/settle.ts';
import type { Delivery, SettleDelivery } from '../delivery.ts';
import { logCrash } from '../report/log-crash.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { Deadline } from './deadline.ts';
import { outcomeOfError } from './failure-outcome.ts';
import type { Outcome } from './outcome.ts';
import { rewriteTask, sameOutcome, type UpdateProgress } from './sync-task.ts';

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

/** A confirmation is what its own tickets came to; that something else was written is no news of them. */
const reconcileOutcome = (
  ticketOutcomes: readonly Outcome[] | undefined,
  taskOutcome: Outcome,
): Outcome => {
  if (ticketOutcomes === undefined || taskOutcome.outcome !== 'settled') return taskOutcome;
  const isRepaired = ticketOutcomes.some(
    ({ outcome }) => outcome === 'linked' || outcome === 'removed',
  );
  return isRepaired ? taskOutcome : { outcome: 'unchanged' };
};

/**
 * Does all that a Task is visited for, at once. Never rejects and never outlasts the deadline: a fault
 * of this Task is the outcome of its own messages and of no others.
 */
export const updateTask = async (
  options: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'logger'>,
  { taskSid, changes, reconciles, ...planned }: PlannedUpdate,
  deadline: Deadline,
): Promise<readonly TaskOutcome[]> => {
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
};
