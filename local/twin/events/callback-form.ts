import { type EventField, eventFields } from './event-fields.ts';
import type { TwinEvent } from './twin-event.ts';

const inCapitals = (name: string): string =>
  name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const seconds = (time: number): string => String(Math.floor(time / 1000));

const printField = (value: EventField): string =>
  value instanceof Date ? seconds(value.getTime()) : String(value);

/**
 * An event as the fields of an event callback, unencoded. Times are seconds since 1970, but for
 * `TimestampMs`.
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export const callbackForm = (event: TwinEvent): Readonly<Record<string, string>> => ({
  EventType: event.type,
  Sid: event.sid,
  Timestamp: seconds(event.at),
  TimestampMs: String(event.at),
  ...Object.fromEntries(
    Object.entries(eventFields(event)).map(([name, value]) => [
      inCapitals(name),
      printField(value),
    ]),
  ),
});
