import type { Reservation, TaskStatus } from '../messages/segments.ts';

/** A Task as far as we read it. `attributes` is the JSON text, `etag` the header, both verbatim. */
export interface Task {
  readonly sid: string;
  readonly attributes: string;
  readonly etag: string;
  readonly status?: TaskStatus | undefined;
}

/** A Task out of a list: Twilio gives no ETag there. */
export type ListedTask = Omit<Task, 'etag'>;

/** Counts the HTTP requests made to Twilio, failed ones too. */
export interface CallCounter {
  calls: number;
}

/**
 * What we ask of TaskRouter. Every call rejects with one of the five failures of `failures.ts` and
 * with nothing else; a call that is given a tally adds each HTTP request it makes to it.
 */
export interface TaskRouter {
  /** One Task with its ETag. */
  fetchTask(taskSid: string, counter?: CallCounter): Promise<Task>;
  /** All reservations of a Task, all pages of them. */
  listReservations(taskSid: string, counter?: CallCounter): Promise<Reservation[]>;
  /**
   * Replaces the attributes whole, on condition that the Task still has this ETag.
   * Gives the Task as it then is.
   */
  updateAttributes(
    taskSid: string,
    attributes: string,
    etag: string,
    counter?: CallCounter,
  ): Promise<Task>;
  /** Tasks whose attributes satisfy an expression. Limited to 3 requests a second by Twilio. */
  evaluate(expression: string, counter?: CallCounter): Promise<ListedTask[]>;
  /** Every Task that still exists (any status Twilio lists), all pages. */
  listTasks(counter?: CallCounter): Promise<ListedTask[]>;
}

/**
 * The events of TaskRouter after which a Task may be in need of us: a segment has come or gone, or
 * somebody wrote to the attributes. Of events that always come together (a reservation is wrapped up,
 * and so is its Task) one is enough.
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export const followedEvents = [
  'reservation.accepted',
  'reservation.wrapup',
  'reservation.completed',
  'reservation.rescinded',
  'task.updated',
  'task.transfer-initiated',
  'task.transfer-attempt-failed',
  'task.transfer-failed',
  'task.transfer-canceled',
  'task.transfer-completed',
] as const;

export type FollowedEvent = (typeof followedEvents)[number];

/**
 * What Event Streams puts before the name of an event.
 * Source: https://www.twilio.com/docs/events/event-types
 */
export const eventStreamPrefix = 'com.twilio.taskrouter.';
