import type { Rewrite } from '../../../shared/media/rewrite.ts';
import type { KnownTicket } from '../../../shared/message/settle.ts';
import type { Delivery, SettleDelivery } from '../delivery.ts';
import { logCrash } from '../report/log-crash.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { Deadline } from './deadline.ts';
import { outcomeOfFailure } from './failure-outcome.ts';
import type { Outcome } from './outcome.ts';
import { allOf, type Progress, syncTask } from './sync-task.ts';

/** What a Task is visited for: changes, each as it is for this Task, and settles. */
export interface Errand {
  readonly taskSid: string;
  readonly changes: readonly { readonly delivery: Delivery; readonly change: KnownTicket }[];
  readonly settles: readonly SettleDelivery[];
  /** Whether the Task is known to be in wrap-up or finished; undefined where nothing is known. */
  readonly finishing: boolean | undefined;
}

/** One visit to a Task, shared by all the messages that it was for. */
export interface Visit {
  readonly taskSid: string;
  readonly progress: Readonly<Progress>;
  readonly budget?: Rewrite['budget'];
  /** Set when something was written. */
  readonly tickets?: Rewrite['tickets'];
  /** How many confirmations, this visit's included, have had to write one after the other if it did. */
  readonly restored: number;
  readonly hidden: readonly string[];
}

/** What one delivery came to at one Task. */
export interface Visited {
  readonly delivery: Delivery | SettleDelivery;
  readonly outcome: Outcome;
  readonly visit: Visit;
}

/**
 * Does all that a Task is visited for, at once. Never rejects and never outlasts the deadline: a fault
 * of this Task is the outcome of its own messages and of no others.
 */
export const visitTask = async (
  options: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random' | 'logger'>,
  { taskSid, changes, settles, ...errand }: Errand,
  deadline: Deadline,
): Promise<readonly Visited[]> => {
  const progress: Progress = { calls: 0, conflicts: 0, finishing: errand.finishing ?? false };
  const all: readonly KnownTicket[] = [
    ...changes.map(({ change }) => change),
    ...settles.flatMap(({ settle }) => settle.confirms?.tickets ?? []),
  ];
  const work = syncTask(options, taskSid, all, deadline, progress).catch((failure: unknown) => {
    logCrash(options.logger, failure, { taskSid });
    return allOf(all, outcomeOfFailure(failure));
  });
  const late: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'not finished' };
  const { outcomes, settled, ...result } = await deadline.within(work, allOf(all, late));

  const confirmed = settles.flatMap(({ settle }) => settle.confirms ?? []);
  const restored = Math.max(0, ...confirmed.map((each) => each.restored + 1));
  const visit: Visit = { taskSid, progress, restored, ...result };
  const withUrgency = (outcome: Outcome): Outcome =>
    outcome.outcome === 'retry' && progress.finishing ? { ...outcome, finishing: true } : outcome;
  return [
    ...changes.map(({ delivery }, index) => ({
      delivery,
      outcome: withUrgency(outcomes[index] ?? late),
      visit,
    })),
    ...settles.map((delivery) => ({ delivery, outcome: withUrgency(settled), visit })),
  ];
};
