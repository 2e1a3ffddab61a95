import type { Reservation, TaskStatus } from '../taskrouter/task-router.ts';

/** Whether a reservation shows tickets: somebody accepted it, so Insights has a segment of it. */
export function isTarget({ status }: Pick<Reservation, 'status'>): boolean {
  return status === 'accepted' || status === 'wrapping' || status === 'completed';
}

/** Whether a Task is in wrap-up or finished; undefined where its status was not told. */
export function isFinishing(status: TaskStatus | undefined): boolean | undefined {
  return status === undefined ? undefined : status === 'wrapping' || status === 'completed';
}
