import type { TaskRouter } from '../../../shared/taskrouter/task-router.ts';
import { createGuard, type GuardOptions } from './guard.ts';

/**
 * TaskRouter behind two breakers, which stand for all the work of an instance: one for searches and one for
 * single Tasks. Twilio answers them by different means and with different limits, and where only searches fail,
 * changes that name their Task are linked all the same.
 */
export const guardTaskRouter = (taskRouter: TaskRouter, options: GuardOptions): TaskRouter => {
  const search = createGuard('searches', options);
  const ask = createGuard('Tasks', options);
  return {
    fetchTask: (...asked) => ask(() => taskRouter.fetchTask(...asked)),
    listReservations: (...asked) => ask(() => taskRouter.listReservations(...asked)),
    updateAttributes: (...asked) => ask(() => taskRouter.updateAttributes(...asked)),
    evaluate: (...asked) => search(() => taskRouter.evaluate(...asked)),
    listTasks: (...asked) => search(() => taskRouter.listTasks(...asked)),
  };
};
