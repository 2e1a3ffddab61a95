import { type EventField, eventFields } from './event-fields.ts';
import { streamPrefix } from './event-types.ts';
import type { TwinEvent } from './twin-event.ts';

/** `task.transfer-initiated` is `TaskTransferInitiated`. */
const nameOf = (type: string): string =>
  type
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** The schema of TaskRouter's events and its latest version. */
export const schemaId = 'TaskRouter.WDSEvent';
export const schemaVersion = 4;

/**
 * An event as Event Streams prints it. An event that is sent again keeps its `id`. In Twilio's
 * example `datacontenttype` holds a time and `source` an unknown SID; here they are what the payload
 * is and the account, and there is a `time`, as Event Streams is seen to send with other products'.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/task
 */
export const cloudEvent = (event: TwinEvent) => {
  const timestamp = new Date(event.at).toISOString();
  const { accountSid, friendlyName } = event.workspace;
  const payload: Readonly<Record<string, EventField>> = {
    sid: event.sid,
    eventtype: event.type,
    timestamp,
    ...eventFields(event),
  };
  return {
    specversion: '1.0',
    type: streamPrefix + event.type,
    source: accountSid,
    id: event.sid.replace(/^EV/, 'NO'),
    dataschema: `https://events-schemas.twilio.com/${schemaId}/${schemaVersion}`,
    datacontenttype: 'application/json',
    time: timestamp,
    data: {
      sid: event.sid,
      name: nameOf(event.type),
      account_sid: accountSid,
      timestamp,
      level: 'INFO',
      group: event.type.slice(0, event.type.indexOf('.')),
      product_name: 'TaskRouter',
      publisher: friendlyName,
      publisher_metadata: '{}',
      payload_type: 'application/json',
      payload,
    },
  };
};
export type CloudEvent = ReturnType<typeof cloudEvent>;
