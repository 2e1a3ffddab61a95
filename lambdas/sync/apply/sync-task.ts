import { type Rewrite, rewrite } from '../../../shared/media/rewrite.ts';
import { inBytes, inCharacters, maximumLength } from '../../../shared/media/shrink-to-fit.ts';
import type { KnownTicket } from '../../../shared/message/settle.ts';
import { BadRequest, Conflict } from '../../../shared/taskrouter/failures.ts';
import { isFinishing } from '../../../shared/taskrouter/is-finishing.ts';
import type { CallCounter, Task } from '../../../shared/taskrouter/task-router.ts';
import type { SyncOptions } from '../sync-options.ts';
import { conflictWaitMs } from './conflict-wait.ts';
import type { Deadline } from './deadline.ts';
import type { Outcome } from './outcome.ts';
import { readTask } from './read-task.ts';

/** Tries to write in one invocation; after that the queue spreads the writers further. */
const maxRounds = 10;

/** How one Task's visit goes; it is kept up while the visit lasts. */
export interface UpdateProgress extends CallCounter {
  conflicts: number;
  /** Whether the Task is in wrap-up or finished, as far as that is known. */
  finishing: boolean;
}

/** What one visit to a Task came to. */
export interface TaskResult {
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

/** One outcome for all that the visit was for. */
export const sameOutcome = (changes: readonly unknown[], outcome: Outcome): TaskResult => ({
  outcomes: changes.map(() => outcome),
  taskOutcome: outcome,
  wrote: false,
  hidden: [],
});

const retryAll = (
  changes: readonly unknown[],
  reason: 'conflict' | 'deadline',
  detail: string,
): TaskResult => sameOutcome(changes, { outcome: 'retry', reason, detail });

/**
 * Brings one Task to where all the given changes want it: two reads side by side, one rewrite, and a
 * write only where something changes. When somebody else wrote in between, only the Task is read
 * again; which reservations there are does not depend on its attributes. Attributes that are refused
 * and would be too long if Twilio counted bytes, which nobody outside knows, are made to fit those.
 * @throws TaskRouterFailure when a request fails. For a write that leaves open whether it took
 * effect; the next try reads and compares.
 */
export const rewriteTask = async (
  { taskRouter, sleep, random }: Pick<SyncOptions, 'taskRouter' | 'sleep' | 'random'>,
  taskSid: string,
  changes: readonly KnownTicket[],
  deadline: Deadline,
  progress: UpdateProgress,
): Promise<TaskResult> => {
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
};
