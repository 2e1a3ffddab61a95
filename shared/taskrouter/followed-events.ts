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
