import type { Reservation } from '../messages/segments.ts';
import { NotFound } from './errors.ts';
import type { CallCounter, Task, TaskRouter } from './task-router.ts';

/**
 * A Task and its reservations, read side by side.
 * @throws TaskRouterError; if both reads fail, `NotFound` before any other, because it is final
 */
export async function readTask(
  taskRouter: TaskRouter,
  taskSid: string,
  counter: CallCounter,
): Promise<{ task: Task; reservations: readonly Reservation[] }> {
  const [task, reservations] = await Promise.allSettled([
    taskRouter.fetchTask(taskSid, counter),
    taskRouter.listReservations(taskSid, counter),
  ]);
  if (task.status === 'fulfilled' && reservations.status === 'fulfilled') {
    return { task: task.value, reservations: reservations.value };
  }
  const errors: unknown[] = [task, reservations].flatMap((read) =>
    read.status === 'rejected' ? [read.reason] : [],
  );
  throw errors.find((error) => error instanceof NotFound) ?? errors[0];
}
