import { Failure } from '../failure.ts';
import { isNotFound, type OperatorClient } from '../twilio.ts';
import type { ConnectMethod, ConnectPlan, EventStreamsStep, SubscribedEvent } from './plan.ts';
import {
  availableEventTypes,
  connectDescription,
  type EventStreamsState,
  eventStreamTypes,
  isRelatedSink,
  readEventStreams,
  type SinkState,
  type SubscriptionState,
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
 * One event per request. Twilio does not document how long it collects a batch, and it deletes a completed Task
 * after two minutes. The page below no longer lists `batch_events`. If Twilio ignores it, task-event reads batches
 * too.
 *
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

/**
 * Plans the changes after which Event Streams sends us exactly these event types. A replacement is created
 * before the old resource is deleted: events may arrive twice in between, which changes nothing, and none
 * is lost. After an error in the middle, the next plan continues from there.
 */
function planEventStreams(
  current: EventStreamsState,
  url: string,
  types: readonly SubscribedEvent[],
): ConnectPlan<EventStreamsStep> {
  const description = connectDescription(url);
  const isOurs = (each: { description: string }) => each.description === description;
  const usable = current.sinks.filter((sink) => isUsable(sink, url));
  const kept = usable.find(isOurs) ?? usable[0];
  const obsolete = current.sinks.filter((sink) => isOurs(sink) && sink !== kept);
  const replaced = obsolete.flatMap((sink) =>
    removalSteps(current, sink, isUsable(sink, url) ? 'duplicate' : 'does not send as needed'),
  );
  const notes = sinkNotes(current.sinks, kept, url);

  const subscriptions = current.subscriptions.filter(({ sink }) => sink === kept?.sid);
  const subscription = subscriptions.find(isOurs) ?? subscriptions[0];
  const duplicates = subscriptions
    .filter((each) => each !== subscription)
    .map(
      ({ sid }) =>
        ({ action: 'delete', resource: 'subscription', sid, reason: 'duplicate' }) as const,
    );

  const sinkStep: EventStreamsStep =
    kept === undefined
      ? { action: 'create', resource: 'sink', description, destination: url }
      : isOurs(kept)
        ? { action: 'keep', resource: 'sink', sid: kept.sid }
        : { action: 'change', resource: 'sink', sid: kept.sid, description };
  const subscriptionSteps: readonly EventStreamsStep[] =
    subscription === undefined
      ? [{ action: 'create', resource: 'subscription', sink: kept?.sid, description, types }]
      : planSubscribedEvents(subscription, types);
  return { steps: [sinkStep, ...subscriptionSteps, ...duplicates, ...replaced], notes };
}

/** Plans to delete what `connect` created in Event Streams, and nothing else. */
function planEventStreamsRemoval(
  current: EventStreamsState,
  url: string,
): ConnectPlan<EventStreamsStep> {
  const isOurs = (sink: SinkState) => sink.description === connectDescription(url);
  const others = current.sinks.filter((sink) => isRelatedSink(sink, url) && !isOurs(sink));
  return {
    steps: current.sinks
      .filter(isOurs)
      .flatMap((sink) => removalSteps(current, sink, 'removed by --remove')),
    notes: others.map(
      ({ sid }) =>
        `Sink ${sid} was not created by connect and sends to the same URL: it stays unchanged.`,
    ),
  };
}

/**
 * Whether a sink sends as needed: one event per request, by POST. Only the description of an existing sink can be
 * changed.
 * Source: https://www.twilio.com/docs/events/event-streams/sink-resource
 */
function isUsable(sink: SinkState, url: string): boolean {
  return (
    sink.destination === url &&
    (sink.method ?? 'POST').toUpperCase() === 'POST' &&
    sink.batchesEvents !== true &&
    sink.status !== 'failed'
  );
}

function sinkNotes(
  sinks: readonly SinkState[],
  kept: SinkState | undefined,
  url: string,
): string[] {
  return sinks.flatMap((sink) => {
    const isOurs = sink.description === connectDescription(url);
    if (sink === kept || isOurs) return [];
    if (sink.destination === url) {
      return [
        `Sink ${sink.sid} was not created by connect and sends to the same URL: some events arrive twice.`,
      ];
    }
    return sink.description.startsWith(connectDescription(''))
      ? [
          `Sink ${sink.sid} belongs to another deployment (${sink.description}). If that deployment no longer exists, delete the sink in the Twilio Console.`,
        ]
      : [];
  });
}

/** Deletes a sink after its subscriptions: Twilio does not delete a sink that is in use (error 91007). */
function removalSteps(
  { subscriptions }: EventStreamsState,
  sink: SinkState,
  reason: string,
): EventStreamsStep[] {
  return [
    ...subscriptions
      .filter((subscription) => subscription.sink === sink.sid)
      .map(({ sid }) => ({ action: 'delete', resource: 'subscription', sid, reason }) as const),
    { action: 'delete', resource: 'sink', sid: sink.sid, reason },
  ];
}

/** Plans the changes after which a subscription has exactly these event types: missing ones first. */
function planSubscribedEvents(
  { sid, types }: Pick<SubscriptionState, 'sid' | 'types'>,
  desired: readonly SubscribedEvent[],
): EventStreamsStep[] {
  const subscribed = new Map(types.map((each) => [each.type, each.schemaVersion]));
  const desiredTypes = new Set(desired.map(({ type }) => type));
  const missing = desired.filter(
    ({ type, schemaVersion }) => subscribed.get(type) !== schemaVersion,
  );
  const kept = desired.length - missing.length;
  return [
    { action: 'keep', resource: 'subscription', sid, types: kept },
    ...missing.map(
      (type) =>
        ({
          action: subscribed.has(type.type) ? 'change' : 'create',
          resource: 'event-type',
          subscription: sid,
          type,
        }) as const,
    ),
    ...types
      .filter(({ type }) => !desiredTypes.has(type))
      .map(
        (type) => ({ action: 'delete', resource: 'event-type', subscription: sid, type }) as const,
      ),
  ];
}
