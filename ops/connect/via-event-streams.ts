import { Failure } from '../failure.ts';
import type { OperatorClient } from '../twilio/operator-client.ts';
import { isNotFound } from '../twilio/twilio-problem.ts';
import { eventStreamTypes, schemaVersion } from './event-stream-types.ts';
import type { EventStreamsStep } from './event-streams-step.ts';
import { offeredTypes } from './offered-types.ts';
import { planEventStreams, planEventStreamsRemoval } from './plan-event-streams.ts';
import { readEventStreams } from './read-event-streams.ts';
import type { Via } from './via.ts';

/**
 * One event a request: nothing says for how long Twilio collects a batch, and a finished Task lives two
 * minutes. Today's page does not name `batch_events`, an older one did: should Twilio no longer heed
 * it, batches are read all the same.
 * Source: https://www.twilio.com/docs/events/event-streams/sink-resource
 */
const sinkConfiguration = (destination: string) => ({
  destination,
  method: 'POST',
  batch_events: false,
});

const gone = (error: unknown): void => {
  if (!isNotFound(error)) throw error;
};

const takeStep = async (
  { events: { v1 } }: OperatorClient,
  step: EventStreamsStep,
  newSink: string | undefined,
): Promise<string | undefined> => {
  if (step.action === 'keep') return undefined;
  if (step.resource === 'event-type') {
    const { type, schemaVersion } = step.type;
    const { subscribedEvents } = v1.subscriptions(step.subscription);
    if (step.action === 'create') await subscribedEvents.create({ type, schemaVersion });
    if (step.action === 'change') await subscribedEvents(type).update({ schemaVersion });
    if (step.action === 'delete') await subscribedEvents(type).remove().catch(gone);
    return undefined;
  }
  if (step.action === 'delete') {
    const list = step.resource === 'sink' ? v1.sinks : v1.subscriptions;
    await list(step.sid).remove().catch(gone);
    return undefined;
  }
  const { description } = step;
  if (step.resource === 'subscription') {
    const types = step.types.map(({ type, schemaVersion }) => ({
      type,
      schema_version: schemaVersion,
    }));
    const sinkSid = step.sink ?? newSink;
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
};

/** Event Streams: a sink that is our URL, and a subscription on it. An account may have many. */
export const viaEventStreams: Via<EventStreamsStep> = {
  plan: async (client, { taskEventsUrl }, remove) => {
    const found = await readEventStreams(client, taskEventsUrl);
    if (remove) return planEventStreamsRemoval(found, taskEventsUrl);
    const { offered, missing } = await offeredTypes(client, eventStreamTypes);
    if (offered.length === 0) {
      throw new Failure(
        'Event Streams offers none of the event types of TaskRouter to this account.',
        'Use --via callback.',
      );
    }
    const types = offered.map((type) => ({ type, schemaVersion }));
    const { steps, notes } = planEventStreams(found, taskEventsUrl, types);
    const lacking = missing.map((type) => `Event Streams does not offer ${type}: it is left out.`);
    return { steps, notes: [...notes, ...lacking] };
  },

  taker: (client) => {
    let newSink: string | undefined;
    return async (step) => {
      newSink = (await takeStep(client, step, newSink)) ?? newSink;
    };
  },
};
