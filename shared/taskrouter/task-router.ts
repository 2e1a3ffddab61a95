import type { Reservation, TaskStatus } from '../messages/segments.ts';
import { NotFound } from './errors.ts';

/** The fields of a Task that we read. `attributes` is the JSON text and `etag` the header, both unchanged. */
export interface Task {
  sid: string;
  attributes: string;
  etag: string;
  status?: TaskStatus | undefined;
}

/** A Task of a list. Twilio returns no ETag there. */
export type ListedTask = Omit<Task, 'etag'>;

/** Counts the HTTP requests to Twilio. Failed requests count too. */
export interface CallCounter {
  calls: number;
  /** The requests of which Twilio allows three a second. */
  evaluations?: number;
  /** Ends the calls: no further request starts, and a running read is aborted. */
  signal?: AbortSignal | undefined;
}

/**
 * The calls that we make to TaskRouter. Each rejects only with a `TaskRouterError`, and adds each of its HTTP
 * requests to the counter.
 */
export interface TaskRouter {
  /** One Task with its ETag. */
  fetchTask(taskSid: string, counter?: CallCounter): Promise<Task>;
  /** All reservations of a Task, from all pages. */
  listReservations(taskSid: string, counter?: CallCounter): Promise<Reservation[]>;
  /**
   * Replaces all attributes, if the Task still has this ETag.
   * @returns the Task after the write
   */
  updateAttributes(
    taskSid: string,
    attributes: string,
    etag: string,
    counter?: CallCounter,
  ): Promise<Task>;
  /** Tasks whose attributes match an expression. Twilio allows 3 requests a second. */
  evaluate(expression: string, counter?: CallCounter): Promise<ListedTask[]>;
  /**
   * Whether `CONTAINS` finds part of a string, which Twilio does not document. It evaluates an expression that
   * would then be true for every Task. So the answer is also false if there is no Task.
   * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
   */
  containsFindsParts(counter?: CallCounter): Promise<boolean>;
  /** All Tasks that exist, in any status, from all pages. */
  listTasks(counter?: CallCounter): Promise<ListedTask[]>;
}

/**
 * The TaskRouter events after which a Task may need an update: a segment has started or ended, the Task was
 * canceled before anybody accepted it, or somebody has written to the attributes. Some events always come together
 * (a reservation is wrapped up and so is its Task; a Task is canceled and so is its offer). Of these, one is
 * enough.
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export const followedEvents = [
  'reservation.accepted',
  'reservation.wrapup',
  'reservation.completed',
  'reservation.rescinded',
  'task.updated',
  'task.canceled',
  'task.transfer-initiated',
  'task.transfer-attempt-failed',
  'task.transfer-failed',
  'task.transfer-canceled',
  'task.transfer-completed',
] as const;

export type FollowedEvent = (typeof followedEvents)[number];

/**
 * The prefix of an event's name in Event Streams.
 * Source: https://www.twilio.com/docs/events/event-types
 */
export const eventStreamPrefix = 'com.twilio.taskrouter.';

/**
 * Reads a Task and its reservations at the same time.
 * @throws TaskRouterError; if both reads fail, `NotFound` comes before any other error, because it is final
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
