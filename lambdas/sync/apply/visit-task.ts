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
  /** What is to be confirmed: set when something was written, or may have been by an earlier try. */
  readonly tickets?: Rewrite['tickets'];
  /** How many confirmations, one of this visit included, have had to bring something back in a row. */
  readonly restored: number;
  readonly hidden: readonly string[];
}

/** What one delivery came to at one Task. */
export interface Visited {
  readonly delivery: Delivery | SettleDelivery;
  readonly outcome: Outcome;
  /** What was applied there; undefined for a settle. */
  readonly change?: KnownTicket;
  readonly visit: Visit;
}

/** A confirmation is what its own tickets came to; that something else was written is no news of them. */
const settleOutcome = (own: readonly Outcome[] | undefined, settled: Outcome): Outcome => {
  if (own === undefined || settled.outcome !== 'settled') return settled;
  const isBack = own.some(({ outcome }) => outcome === 'linked' || outcome === 'removed');
  return isBack ? settled : { outcome: 'unchanged' };
};

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
  const { outcomes, settled, tickets, wrote, ...result } = await deadline.within(
    work,
    allOf(all, late),
  );

  let next = changes.length;
  const ofSettles = settles.map((delivery) => {
    const confirmed = delivery.settle.confirms?.tickets;
    const own = confirmed && outcomes.slice(next, next + confirmed.length);
    next += confirmed?.length ?? 0;
    return { delivery, outcome: settleOutcome(own, settled) };
  });
  const restored = ofSettles.flatMap(({ delivery: { settle }, outcome }) =>
    settle.confirms !== undefined && outcome.outcome === 'settled'
      ? [settle.confirms.restored + 1]
      : [],
  );
  // An earlier try may have written, and not have lived to see it.
  const isRepeated =
    changes.some(({ delivery }) => delivery.tries > 1) ||
    settles.some(({ tries, settle }) => tries > 1 && settle.confirms === undefined);
  const isToConfirm = tickets !== undefined && tickets.length > 0 && (wrote || isRepeated);
  const visit: Visit = {
    taskSid,
    progress,
    restored: Math.max(0, ...restored),
    ...(isToConfirm && { tickets }),
    ...result,
  };
  const withUrgency = (outcome: Outcome): Outcome =>
    outcome.outcome === 'retry' && progress.finishing ? { ...outcome, finishing: true } : outcome;
  return [
    ...changes.map(({ delivery, change }, index) => ({
      delivery,
      change,
      outcome: withUrgency(outcomes[index] ?? late),
      visit,
    })),
    ...ofSettles.map(({ delivery, outcome }) => ({
      delivery,
      outcome: withUrgency(outcome),
      visit,
    })),
  ];
};
