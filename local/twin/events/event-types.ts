/**
 * The events of TaskRouter that the twin knows. Of these it never has cause for
 * `task.transfer-attempt-failed` (it transfers to workers, never to a queue).
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export const eventTypes = [
  'task.created',
  'task.updated',
  'task.canceled',
  'task.wrapup',
  'task.completed',
  'task.deleted',
  'task.transfer-initiated',
  'task.transfer-attempt-failed',
  'task.transfer-failed',
  'task.transfer-canceled',
  'task.transfer-completed',
  'reservation.created',
  'reservation.accepted',
  'reservation.rejected',
  'reservation.timeout',
  'reservation.canceled',
  'reservation.rescinded',
  'reservation.wrapup',
  'reservation.completed',
] as const;
export type EventType = (typeof eventTypes)[number];

/** What Event Streams puts before the name of an event. */
export const streamPrefix = 'com.twilio.taskrouter.';

/** The names of the events in Event Streams, e.g. `com.twilio.taskrouter.task.created`. */
export const streamTypes: readonly string[] = eventTypes.map((type) => streamPrefix + type);
