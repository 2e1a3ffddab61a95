import type { FieldProblem } from '../../shared/door/failures.ts';
import type { FollowedEvent } from '../../shared/taskrouter/followed-events.ts';
import type { TaskStatus } from '../../shared/taskrouter/task-router.ts';

/** An event that we follow, in our words, whichever way it came. */
export interface TaskRouterEvent {
  readonly kind: 'followed';
  readonly type: FollowedEvent;
  readonly accountSid: string | undefined;
  readonly workspaceSid: string | undefined;
  readonly taskSid: string;
  /** The Task's attributes when it happened, a JSON text; undefined where the event does not tell. */
  readonly attributes: string | undefined;
  readonly status: TaskStatus | undefined;
  /** Milliseconds since 1970; undefined where the event does not tell. */
  readonly occurredAt: number | undefined;
}

/** One event of a request. Those that cannot be read do not hold up the others. */
export type ParsedEvent =
  | TaskRouterEvent
  | { readonly kind: 'not-followed' }
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };
