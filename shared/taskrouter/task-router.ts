import type { Reservation, TaskStatus } from '../messages/segments.ts';
import { NotFound } from './errors.ts';

/** The fields of a Task that we read. `attributes` is the JSON text, `etag` the header, both verbatim. */
export interface Task {
  sid: string;
  attributes: string;
  etag: string;
  status?: TaskStatus | undefined;
}

/** A Task of a list: Twilio returns no ETag there. */
export type ListedTask = Omit<Task, 'etag'>;

/** Counts the HTTP requests made to Twilio, failed ones too. */
export interface CallCounter {
  calls: number;
  /** Those of the requests that Twilio allows three of a second. */
  evaluations?: number;
  /** Ends the calls: after it no request begins, and a read in flight is given up. */
  signal?: AbortSignal | undefined;
}

/**
 * The calls that we make to TaskRouter. Each rejects with a `TaskRouterError` and nothing else, and adds each
 * HTTP request that it makes to the counter.
 */
export interface TaskRouter {
  /** One Task with its ETag. */
  fetchTask(taskSid: string, counter?: CallCounter): Promise<Task>;
  /** All reservations of a Task, all pages of them. */
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
  /** Tasks whose attributes satisfy an expression. Limited to 3 requests a second by Twilio. */
  evaluate(expression: string, counter?: CallCounter): Promise<ListedTask[]>;
  /**
   * Whether `CONTAINS` finds part of a string, which Twilio does not document. The expression that is asked then
   * holds for every Task. So the answer is false, too, if there is no Task.
   * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
   */
  containsFindsParts(counter?: CallCounter): Promise<boolean>;
  /** Every Task that still exists, in any status, all pages. */
  listTasks(counter?: CallCounter): Promise<ListedTask[]>;
}

/**
 * The events of TaskRouter after which a Task may need an update: a segment has come or gone, the Task was
 * canceled before anybody accepted it, or somebody has written to the attributes. Of events that always come
 * together (a reservation is wrapped up, and so is its Task; a Task is canceled, and so is its offer) one is enough.
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
 * A Task and its reservations, read side by side.
 * @throws TaskRouterError; if both reads fail, `NotFound` before any other, because it is final
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
