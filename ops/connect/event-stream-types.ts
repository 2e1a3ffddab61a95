import { eventStreamPrefix, followedEvents } from '../../shared/taskrouter/followed-events.ts';

/** The events that we follow, as Event Streams names them. */
export const eventStreamTypes: readonly string[] = followedEvents.map(
  (event) => `${eventStreamPrefix}${event}`,
);

/**
 * The version of `TaskRouter.WDSEvent` that all of these types have. A fixed one, as without one
 * Twilio takes whatever is the latest at the time.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/reservation
 */
export const taskRouterSchemaVersion = 4;
