import { NotFound } from '../../../shared/taskrouter/failures.ts';
import type {
  CallCounter,
  Reservation,
  Task,
  TaskRouter,
} from '../../../shared/taskrouter/task-router.ts';

/**
 * A Task and its reservations, read side by side.
 * @throws TaskRouterFailure, and where both reads fail, `Gone` before any other: it is final.
 */
export const readTask = async (
  taskRouter: TaskRouter,
  taskSid: string,
  counter: CallCounter,
): Promise<{ readonly task: Task; readonly reservations: readonly Reservation[] }> => {
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
};
