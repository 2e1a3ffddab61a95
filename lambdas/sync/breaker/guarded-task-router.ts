import type { TaskRouter } from '../../../shared/taskrouter/task-router.ts';
import { type CircuitBreakerOptions, createCircuitBreaker } from './guard.ts';

/**
 * TaskRouter behind two breakers, which stand for all the work of an instance: one for searches and one for
 * single Tasks. Twilio answers them by different means and with different limits, and where only searches fail,
 * changes that name their Task are linked all the same.
 */
export const withCircuitBreaker = (
  taskRouter: TaskRouter,
  options: CircuitBreakerOptions,
): TaskRouter => {
  const forSearches = createCircuitBreaker('searches', options);
  const forTasks = createCircuitBreaker('Tasks', options);
  return {
    fetchTask: (...args) => forTasks(() => taskRouter.fetchTask(...args)),
    listReservations: (...args) => forTasks(() => taskRouter.listReservations(...args)),
    updateAttributes: (...args) => forTasks(() => taskRouter.updateAttributes(...args)),
    evaluate: (...args) => forSearches(() => taskRouter.evaluate(...args)),
    listTasks: (...args) => forSearches(() => taskRouter.listTasks(...args)),
  };
};
