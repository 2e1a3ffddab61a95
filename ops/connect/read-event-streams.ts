import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { eventStreamPrefix, followedEvents } from '../../shared/taskrouter/task-router.ts';
import type { OperatorClient } from '../twilio.ts';
import type { SubscribedEvent } from './plan.ts';

const pageSize = 1000;

const WebhookConfiguration = z.object({
  destination: z.string().optional(),
  method: z.string().optional(),
  batch_events: z.boolean().optional(),
});

/** The configuration of a sink. Twilio's page says "encoded as JSON", but shows an object. */
const SinkConfiguration = z.union([WebhookConfiguration, jsonText(WebhookConfiguration)]).catch({});

/** Reads the sinks of the account, and the subscriptions on related sinks (`isRelatedSink`). */
export async function readEventStreams(
  { events }: OperatorClient,
  taskEventsUrl: string,
): Promise<EventStreamsState> {
  const listed = await events.v1.sinks.list({ pageSize });
  const sinks = listed.map(
    ({ sid, description, status, sinkType, sinkConfiguration }): SinkState => {
      const webhook = sinkType === 'webhook' ? SinkConfiguration.parse(sinkConfiguration) : {};
      return {
        sid,
        description,
        status,
        destination: webhook.destination,
        method: webhook.method,
        batchesEvents: webhook.batch_events,
      };
    },
  );
  const pending = sinks
    .filter((sink) => isRelatedSink(sink, taskEventsUrl))
    .map(async ({ sid: sink }) => {
      const subscriptions = await events.v1.subscriptions.list({ sinkSid: sink, pageSize });
      return Promise.all(
        subscriptions.map(async ({ sid, description }) => {
          const types = await events.v1.subscriptions(sid).subscribedEvents.list({ pageSize });
          return {
            sid,
            sink,
            description,
            types: types.map(({ type, schemaVersion }) => ({ type, schemaVersion })),
          };
        }),
      );
    });
  return { sinks, subscriptions: (await Promise.all(pending)).flat() };
}

/** A sink; `destination` and the fields after it exist for webhooks only. */
export interface SinkState {
  sid: string;
  description: string;
  status: string;
  destination?: string | undefined;
  method?: string | undefined;
  batchesEvents?: boolean | undefined;
}

export interface SubscriptionState {
  sid: string;
  sink: string;
  description: string;
  types: readonly SubscribedEvent[];
}

/** The Event Streams resources of an account that matter to connect. */
export interface EventStreamsState {
  sinks: readonly SinkState[];
  /** On sinks that connect created or that send to our URL. */
  subscriptions: readonly SubscriptionState[];
}

/** The description of a deployment's sink and subscription. connect recognises its own resources by it. */
export function connectDescription(taskEventsUrl: string): string {
  return `crm-media-sync ${taskEventsUrl}`;
}

/** Whether connect created the sink, or it sends to our URL. */
export function isRelatedSink(sink: SinkState, taskEventsUrl: string): boolean {
  return (
    sink.description === connectDescription(taskEventsUrl) || sink.destination === taskEventsUrl
  );
}

/** The event types that task-event needs, as Event Streams names them. */
export const eventStreamTypes: readonly string[] = followedEvents.map(
  (event) => `${eventStreamPrefix}${event}`,
);

/**
 * The version of `TaskRouter.WDSEvent` in all of these types. It is fixed, because otherwise Twilio would use the
 * latest version.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/reservation
 */
export const taskRouterSchemaVersion = 4;

/** Splits event types into those that Twilio offers, and those that it does not (or no longer). */
export async function availableEventTypes(
  { events }: OperatorClient,
  eventTypes: readonly string[],
): Promise<{ available: readonly string[]; unavailable: readonly string[] }> {
  const listed = await events.v1.eventTypes.list({ pageSize });
  const availableTypes = new Set(
    listed.filter(({ status }) => status !== 'discontinued').map(({ type }) => type),
  );
  return {
    available: eventTypes.filter((type) => availableTypes.has(type)),
    unavailable: eventTypes.filter((type) => !availableTypes.has(type)),
  };
}
