import type { TaskStatus } from './task-router.ts';

/** Whether a Task is in wrap-up or finished; undefined where its status was not told. */
export const isFinishing = (status: TaskStatus | undefined): boolean | undefined =>
  status === undefined ? undefined : status === 'wrapping' || status === 'completed';
