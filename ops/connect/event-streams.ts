import { Failure } from '../failure.ts';
import { isNotFound, type OperatorClient } from '../twilio.ts';
import type { ConnectMethod, EventStreamsStep } from './plan.ts';
import { planEventStreams, planEventStreamsRemoval } from './plan-event-streams.ts';
import {
  availableEventTypes,
  eventStreamTypes,
  readEventStreams,
  taskRouterSchemaVersion,
} from './read-event-streams.ts';

/** Event Streams: a sink with our URL, and a subscription on it. An account may have many. */
export const eventStreamsMethod: ConnectMethod<EventStreamsStep> = {
  plan: async (client, { taskEventsUrl }, remove) => {
    const current = await readEventStreams(client, taskEventsUrl);
    if (remove) return planEventStreamsRemoval(current, taskEventsUrl);
    const { available, unavailable } = await availableEventTypes(client, eventStreamTypes);
    if (available.length === 0) {
      throw new Failure(
        'Event Streams offers no TaskRouter event type to this account.',
        'Use --via callback.',
      );
    }
    const types = available.map((type) => ({ type, schemaVersion: taskRouterSchemaVersion }));
    const { steps, notes } = planEventStreams(current, taskEventsUrl, types);
    const unavailableNotes = unavailable.map(
      (type) => `Event Streams does not offer ${type}: it is skipped.`,
    );
    return { steps, notes: [...notes, ...unavailableNotes] };
  },

  createApplier: (client) => {
    let createdSinkSid: string | undefined;
    return async (step) => {
      createdSinkSid =
        (await applyEventStreamsStep(client, step, createdSinkSid)) ?? createdSinkSid;
    };
  },
};

/**
 * One event per request: how long Twilio collects a batch is not documented, and Twilio deletes a completed
 * Task after two minutes. The page below no longer lists `batch_events`; if Twilio ignores it, task-event
 * reads batches too.
 * Source: https://www.twilio.com/docs/events/event-streams/sink-resource
 */
function sinkConfiguration(destination: string) {
  return {
    destination,
    method: 'POST',
    batch_events: false,
  };
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

async function applyEventStreamsStep(
  { events: { v1 } }: OperatorClient,
  step: EventStreamsStep,
  createdSinkSid: string | undefined,
): Promise<string | undefined> {
  if (step.action === 'keep') return undefined;
  if (step.resource === 'event-type') {
    const { type, schemaVersion } = step.type;
    const { subscribedEvents } = v1.subscriptions(step.subscription);
    if (step.action === 'create') await subscribedEvents.create({ type, schemaVersion });
    if (step.action === 'change') await subscribedEvents(type).update({ schemaVersion });
    if (step.action === 'delete') await subscribedEvents(type).remove().catch(ignoreNotFound);
    return undefined;
  }
  if (step.action === 'delete') {
    const list = step.resource === 'sink' ? v1.sinks : v1.subscriptions;
    await list(step.sid).remove().catch(ignoreNotFound);
    return undefined;
  }
  const { description } = step;
  if (step.resource === 'subscription') {
    const types = step.types.map(({ type, schemaVersion }) => ({
      type,
      schema_version: schemaVersion,
    }));
    const sinkSid = step.sink ?? createdSinkSid;
    if (sinkSid === undefined) throw new Error('the plan has a subscription before its sink');
    await v1.subscriptions.create({ description, sinkSid, types });
    return undefined;
  }
  if (step.action === 'change') {
    await v1.sinks(step.sid).update({ description });
    return undefined;
  }
  const { sid } = await v1.sinks.create({
    description,
    sinkConfiguration: sinkConfiguration(step.destination),
    sinkType: 'webhook',
  });
  return sid;
}
