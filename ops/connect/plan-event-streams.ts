import type { ConnectPlan, EventStreamsStep, SubscribedEvent } from './plan.ts';
import {
  connectDescription,
  type EventStreamsState,
  isRelatedSink,
  type SinkState,
  type SubscriptionState,
} from './read-event-streams.ts';

/**
 * Plans the changes after which Event Streams sends us exactly these event types. A replacement is created
 * before the old resource is deleted: events may arrive twice in between, which changes nothing, and none
 * is lost. After an error in the middle, the next plan continues from there.
 */
export function planEventStreams(
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
export function planEventStreamsRemoval(
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
 * Whether a sink sends as needed: one event per request, by POST. Of an existing sink, only the description
 * can be changed.
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
