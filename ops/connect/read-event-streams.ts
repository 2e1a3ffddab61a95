import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import type { OperatorClient } from '../twilio/operator-client.ts';
import { isRelatedSink, type EventStreamsState, type SinkState } from './event-streams-state.ts';

const pageSize = 1000;

const WebhookConfiguration = z.object({
  destination: z.string().optional(),
  method: z.string().optional(),
  batch_events: z.boolean().optional(),
});

/** A sink's configuration, whatever its kind. Twilio's page says "encoded as JSON", and shows an object. */
const SinkConfiguration = z.union([WebhookConfiguration, jsonText(WebhookConfiguration)]).catch({});

/** Reads what the client's account has of Event Streams, as far as it concerns the URL. */
export const readEventStreams = async (
  { events }: OperatorClient,
  taskEventsUrl: string,
): Promise<EventStreamsState> => {
  const listed = await events.v1.sinks.list({ pageSize });
  const sinks = listed.map(({ sid, description, status, sinkType, sinkConfiguration }): SinkState => {
    const webhook = sinkType === 'webhook' ? SinkConfiguration.parse(sinkConfiguration) : {};
    return {
      sid,
      description,
      status,
      destination: webhook.destination,
      method: webhook.method,
      batchesEvents: webhook.batch_events,
    };
  });
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
};
