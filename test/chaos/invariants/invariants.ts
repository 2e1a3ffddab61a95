import { readTaskState, type TaskCase, type Violation } from './task-state.ts';
import { checkTickets } from './tickets.ts';
import { checkConverged, checkUnmanaged } from './unmanaged.ts';

/** What is wrong with a Task: nothing, where every promise is kept. */
export function checkInvariants(taskCase: TaskCase): readonly Violation[] {
  const state = readTaskState(taskCase);
  const violations =
    typeof state === 'string'
      ? [{ invariant: 'lost' as const, description: state }]
      : [...checkTickets(taskCase, state), ...checkUnmanaged(taskCase, state)];
  return [...violations, ...checkConverged(taskCase)].map(({ invariant, description }) => ({
    invariant,
    description: `${taskCase.name}: ${description}`,
  }));
}
