import { expect, it } from 'vitest';
import { apiUrlOf } from '../../ops/twilio.ts';

it.each([
  ['https://taskrouter.twilio.com', 'https://events.twilio.com'],
  ['https://taskrouter.dublin.ie1.twilio.com', 'https://events.dublin.ie1.twilio.com'],
  ['http://127.0.0.1:4040', 'http://127.0.0.1:4040'],
])('Event Streams beside %s is at %s', (taskRouter, events) => {
  expect(apiUrlOf('events', taskRouter)).toBe(events);
});
