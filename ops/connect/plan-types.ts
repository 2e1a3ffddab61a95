import type { SubscriptionState } from './event-streams-state.ts';
import type { EventStreamsStep, SubscribedEvent } from './event-streams-step.ts';

/** Plans how a subscription comes to have exactly these event types: what is lacking first. */
export const planSubscribedEvents = (
  { sid, types }: Pick<SubscriptionState, 'sid' | 'types'>,
  desired: readonly SubscribedEvent[],
): EventStreamsStep[] => {
  const subscribed = new Map(types.map((each) => [each.type, each.schemaVersion]));
  const desiredTypes = new Set(desired.map(({ type }) => type));
  const missing = desired.filter(({ type, schemaVersion }) => subscribed.get(type) !== schemaVersion);
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
};
