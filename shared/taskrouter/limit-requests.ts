import pLimit from 'p-limit';
import type { TaskRouter } from './task-router.ts';

/** A TaskRouter that makes at most `inParallel` calls at once. Further calls wait. */
export function limitRequests(taskRouter: TaskRouter, inParallel: number): TaskRouter {
  const limit = pLimit(inParallel);
  return {
    fetchTask: (...args) => limit(() => taskRouter.fetchTask(...args)),
    listReservations: (...args) => limit(() => taskRouter.listReservations(...args)),
    updateAttributes: (...args) => limit(() => taskRouter.updateAttributes(...args)),
    evaluate: (...args) => limit(() => taskRouter.evaluate(...args)),
    containsFindsParts: (...args) => limit(() => taskRouter.containsFindsParts(...args)),
    listTasks: (...args) => limit(() => taskRouter.listTasks(...args)),
  };
}
