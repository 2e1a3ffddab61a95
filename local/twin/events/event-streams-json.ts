import { printTime } from '../task-json.ts';
import { schemaId } from './cloud-event.ts';
import type { Sink, Subscription } from './event-streams.ts';

/**
 * A Sink as Twilio prints it; `url` is that of the twin. It is always `active`: Sinks are by default.
 * Sources: https://www.twilio.com/docs/events/event-streams/sink-resource
 * https://www.twilio.com/docs/events/event-streams/sink-resource/validate
 */
export const printSink = (sink: Sink, url: string) => {
  const own = `${url}/v1/Sinks/${sink.sid}`;
  return {
    date_created: printTime(sink.createdAt),
    date_updated: printTime(sink.updatedAt),
    description: sink.description,
    sid: sink.sid,
    sink_configuration: sink.configuration,
    sink_type: 'webhook',
    status: 'active',
    url: own,
    links: { sink_test: `${own}/Test`, sink_validate: `${own}/Validate` },
  };
};

/**
 * A Subscription as Twilio prints it.
 * Source: https://www.twilio.com/docs/events/event-streams/subscription
 */
export const printSubscription = (subscription: Subscription, accountSid: string, url: string) => {
  const own = `${url}/v1/Subscriptions/${subscription.sid}`;
  return {
    account_sid: accountSid,
    sid: subscription.sid,
    date_created: printTime(subscription.createdAt),
    date_updated: printTime(subscription.updatedAt),
    description: subscription.description,
    sink_sid: subscription.sinkSid,
    url: own,
    links: { subscribed_events: `${own}/SubscribedEvents` },
  };
};

/**
 * An event that is subscribed to, as Twilio prints it.
 * Source: https://www.twilio.com/docs/events/event-streams/subscribed-event
 */
export const printSubscribedEvent = (
  { sid, types }: Subscription,
  type: string,
  accountSid: string,
  url: string,
) => ({
  account_sid: accountSid,
  type,
  schema_version: types.get(type),
  subscription_sid: sid,
  url: `${url}/v1/Subscriptions/${sid}/SubscribedEvents/${type}`,
});

/** When a type came to be is not documented; the twin says the same day of all of them. */
const dateOfTypes = printTime(Date.UTC(2021, 0, 1));

/**
 * A type of events as Twilio prints it.
 * Source: https://www.twilio.com/docs/events/event-streams/event-type
 */
export const printType = (type: string, url: string) => ({
  type,
  schema_id: schemaId,
  date_created: dateOfTypes,
  date_updated: dateOfTypes,
  description: type.replace('com.twilio.', ''),
  status: 'available',
  documentation_url: 'https://www.twilio.com/docs/events/event-types',
  url: `${url}/v1/Types/${type}`,
  links: { schema: `${url}/v1/Schemas/${schemaId}/Versions` },
});
