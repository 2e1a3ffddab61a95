import { newSid } from '../sids.ts';
import { toIsoSeconds } from '../tasks/task-json.ts';
import { type EventType, eventStreamsPrefix } from './event.ts';
import { schemaId } from './payloads.ts';

interface SinkConfiguration {
  destination: string;
  method: 'POST';
  batch_events: boolean;
}

/** A receiver of Event Streams. */
export interface Sink {
  sid: string;
  /** Counts up with each new Sink and Subscription, so that lists have an order. */
  number: number;
  configuration: SinkConfiguration;
  createdAt: number;
  updatedAt: number;
  description: string;
}

/** Which events go to a Sink. */
export interface Subscription {
  sid: string;
  number: number;
  sinkSid: string;
  createdAt: number;
  updatedAt: number;
  description: string;
  /** Schema versions, by the event's name in Event Streams. */
  types: Map<string, number>;
}

/** The Sinks and Subscriptions of Event Streams. */
export class EventStreams {
  readonly sinks = new Map<string, Sink>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly #now: () => number;
  #lastNumber = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  addSink(description: string, configuration: SinkConfiguration): Sink {
    const sink = { ...this.#newResource('DG'), description, configuration };
    this.sinks.set(sink.sid, sink);
    return sink;
  }

  addSubscription(
    description: string,
    sinkSid: string,
    types: ReadonlyMap<string, number>,
  ): Subscription {
    const subscription = {
      ...this.#newResource('DF'),
      description,
      sinkSid,
      types: new Map(types),
    };
    this.subscriptions.set(subscription.sid, subscription);
    return subscription;
  }

  setDescription(one: Sink | Subscription, description: string): void {
    one.description = description;
    one.updatedAt = this.#now();
  }

  isInUse({ sid }: Sink): boolean {
    return [...this.subscriptions.values()].some(({ sinkSid }) => sinkSid === sid);
  }

  /** The Sinks that get events of a type. Each comes once, even if several of its Subscriptions match. */
  sinksFor(type: EventType): readonly Sink[] {
    const subscribed = [...this.subscriptions.values()].filter(({ types }) =>
      types.has(eventStreamsPrefix + type),
    );
    return [...this.sinks.values()].filter(({ sid }) =>
      subscribed.some(({ sinkSid }) => sinkSid === sid),
    );
  }

  #newResource(prefix: string) {
    const createdAt = this.#now();
    this.#lastNumber += 1;
    return { sid: newSid(prefix), number: this.#lastNumber, createdAt, updatedAt: createdAt };
  }
}

/**
 * A Sink as Twilio returns it. `url` is the emulator's base URL. The status is always `active`, Twilio's default.
 * Sources: https://www.twilio.com/docs/events/event-streams/sink-resource
 * https://www.twilio.com/docs/events/event-streams/sink-resource/validate
 */
export function sinkToJson(sink: Sink, url: string) {
  const selfUrl = `${url}/v1/Sinks/${sink.sid}`;
  return {
    date_created: toIsoSeconds(sink.createdAt),
    date_updated: toIsoSeconds(sink.updatedAt),
    description: sink.description,
    sid: sink.sid,
    sink_configuration: sink.configuration,
    sink_type: 'webhook',
    status: 'active',
    url: selfUrl,
    links: { sink_test: `${selfUrl}/Test`, sink_validate: `${selfUrl}/Validate` },
  };
}

/**
 * A Subscription as Twilio returns it.
 * Source: https://www.twilio.com/docs/events/event-streams/subscription
 */
export function subscriptionToJson(subscription: Subscription, accountSid: string, url: string) {
  const selfUrl = `${url}/v1/Subscriptions/${subscription.sid}`;
  return {
    account_sid: accountSid,
    sid: subscription.sid,
    date_created: toIsoSeconds(subscription.createdAt),
    date_updated: toIsoSeconds(subscription.updatedAt),
    description: subscription.description,
    sink_sid: subscription.sinkSid,
    url: selfUrl,
    links: { subscribed_events: `${selfUrl}/SubscribedEvents` },
  };
}

/**
 * A subscribed event as Twilio returns it.
 * Source: https://www.twilio.com/docs/events/event-streams/subscribed-event
 */
export function subscribedEventToJson(
  { sid, types }: Subscription,
  type: string,
  accountSid: string,
  url: string,
) {
  return {
    account_sid: accountSid,
    type,
    schema_version: types.get(type),
    subscription_sid: sid,
    url: `${url}/v1/Subscriptions/${sid}/SubscribedEvents/${type}`,
  };
}

/** Twilio does not document when a type was created. Here all types have the same date. */
const typesCreatedAt = toIsoSeconds(Date.UTC(2021, 0, 1));

/**
 * A type of events as Twilio returns it.
 * Source: https://www.twilio.com/docs/events/event-streams/event-type
 */
export function eventTypeToJson(type: string, url: string) {
  return {
    type,
    schema_id: schemaId,
    date_created: typesCreatedAt,
    date_updated: typesCreatedAt,
    description: type.replace('com.twilio.', ''),
    status: 'available',
    documentation_url: 'https://www.twilio.com/docs/events/event-types',
    url: `${url}/v1/Types/${type}`,
    links: { schema: `${url}/v1/Schemas/${schemaId}/Versions` },
  };
}
