import type { JsonObject } from '../../../shared/json.ts';
import type { KnownTicket } from '../../../shared/messages/message.ts';
import type { Reservation } from '../../../shared/taskrouter/task-router.ts';
import { readTaskState } from './task-state.ts';
import { checkTickets } from './tickets.ts';
import { checkConverged, checkUnmanaged } from './unmanaged.ts';

/** What a Task may have been denied. */
export const invariants = [
  'lost',
  'foreignLost',
  'staleWins',
  'duplicates',
  /** It is not to the letter what it would be had all come in order, once, and undisturbed. */
  'notConverged',
] as const;

export type Invariant = (typeof invariants)[number];

/** A Task as it stands, and what it should say. */
export interface TaskCase {
  /** Which Task, for whoever reads of it. */
  readonly name: string;
  /** Its attributes as they stand. */
  readonly attributes: string;
  readonly reservations: readonly Reservation[];
  /** What its attributes would be if we did not exist. */
  readonly unmanagedAttributes: JsonObject;
  /** All changes for it that the door has acknowledged, in any order, and what it names itself. */
  readonly changes: readonly KnownTicket[];
}

export interface Violation {
  readonly invariant: Invariant;
  /** Which Task, what was expected and what stands. */
  readonly description: string;
}

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
