import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import type { OperatorClient } from '../twilio/operator-client.ts';
import { concerns, type EventStreams, type Sink } from './event-streams-state.ts';

const pageSize = 1000;

const Webhook = z.object({
  destination: z.string().optional(),
  method: z.string().optional(),
  batch_events: z.boolean().optional(),
});

/** A sink's configuration, whatever its kind. Twilio's page says "encoded as JSON", and shows an object. */
const Configuration = z.union([Webhook, jsonText(Webhook)]).catch({});

/** Reads what the client's account has of Event Streams, as far as it concerns the URL. */
export const readEventStreams = async (
  { events }: OperatorClient,
  taskEventsUrl: string,
): Promise<EventStreams> => {
  const listed = await events.v1.sinks.list({ pageSize });
  const sinks = listed.map(({ sid, description, status, sinkType, sinkConfiguration }): Sink => {
    const webhook = sinkType === 'webhook' ? Configuration.parse(sinkConfiguration) : {};
    return {
      sid,
      description,
      status,
      destination: webhook.destination,
      method: webhook.method,
      batchesEvents: webhook.batch_events,
    };
  });
  const read = sinks
    .filter((sink) => concerns(sink, taskEventsUrl))
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
  return { sinks, subscriptions: (await Promise.all(read)).flat() };
};
