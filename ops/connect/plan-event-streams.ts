import type { ConnectPlan, EventStreamsStep, SubscribedEvent } from './plan.ts';
import {
  connectDescription,
  type EventStreamsState,
  isRelatedSink,
  type SinkState,
  type SubscriptionState,
} from './read-event-streams.ts';

/**
 * Plans how Event Streams comes to tell us of exactly these event types. What replaces something
 * stands before what it replaces is deleted: events may come twice in between, which does no harm,
 * and none is lost. Wherever a plan is broken off, the next one goes on from there.
 */
export function planEventStreams(
  current: EventStreamsState,
  url: string,
  types: readonly SubscribedEvent[],
): ConnectPlan<EventStreamsStep> {
  const description = connectDescription(url);
  const isOurs = (each: { readonly description: string }) => each.description === description;
  const usable = current.sinks.filter((sink) => isUsable(sink, url));
  const kept = usable.find(isOurs) ?? usable[0];
  const obsolete = current.sinks.filter((sink) => isOurs(sink) && sink !== kept);
  const replaced = obsolete.flatMap((sink) =>
    removalSteps(
      current,
      sink,
      isUsable(sink, url) ? 'one is enough' : 'does not send as it should',
    ),
  );
  const notes = sinkNotes(current.sinks, kept, url);

  const subscriptions = current.subscriptions.filter(({ sink }) => sink === kept?.sid);
  const subscription = subscriptions.find(isOurs) ?? subscriptions[0];
  const duplicates = subscriptions
    .filter((each) => each !== subscription)
    .map(
      ({ sid }) =>
        ({ action: 'delete', resource: 'subscription', sid, reason: 'one is enough' }) as const,
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

/** Plans how all that `connect` made in Event Streams goes again, and nothing else. */
export function planEventStreamsRemoval(
  current: EventStreamsState,
  url: string,
): ConnectPlan<EventStreamsStep> {
  const isOurs = (sink: SinkState) => sink.description === connectDescription(url);
  const others = current.sinks.filter((sink) => isRelatedSink(sink, url) && !isOurs(sink));
  return {
    steps: current.sinks
      .filter(isOurs)
      .flatMap((sink) => removalSteps(current, sink, 'to be removed')),
    notes: others.map(
      ({ sid }) => `Sink ${sid}, which somebody else made, sends here too: it is left as it is.`,
    ),
  };
}

/**
 * Whether a sink sends as we want it: each event by itself, by POST. Only a sink's description can be
 * changed once it is there.
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
        `Sink ${sink.sid}, which somebody else made, sends here too: some events come twice.`,
      ];
    }
    return sink.description.startsWith(connectDescription(''))
      ? [
          `Sink ${sink.sid} is of another deployment (${sink.description}). If that is gone, delete it in the Twilio Console.`,
        ]
      : [];
  });
}

/** Takes a sink away with all that hangs on it: Twilio keeps a sink that is in use (error 91007). */
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

/** Plans how a subscription comes to have exactly these event types: what is lacking first. */
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
