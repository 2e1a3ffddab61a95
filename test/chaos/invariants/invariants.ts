import {
  checkTickets,
  readTaskState,
  type TaskCase,
  type Violation,
} from '../../../local/invariants.ts';
import { checkConverged, checkUnmanaged } from './unmanaged.ts';

/** The violated invariants of a Task. */
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
