import type { Subscription } from './event-streams-state.ts';
import type { EventStreamsStep, EventType } from './event-streams-step.ts';

/** Plans how a subscription comes to have exactly these event types: what is lacking first. */
export const planTypes = (
  { sid, types }: Pick<Subscription, 'sid' | 'types'>,
  wanted: readonly EventType[],
): EventStreamsStep[] => {
  const has = new Map(types.map((each) => [each.type, each.schemaVersion]));
  const wants = new Set(wanted.map(({ type }) => type));
  const lacking = wanted.filter(({ type, schemaVersion }) => has.get(type) !== schemaVersion);
  const kept = wanted.length - lacking.length;
  return [
    { action: 'keep', resource: 'subscription', sid, types: kept },
    ...lacking.map(
      (type) =>
        ({
          action: has.has(type.type) ? 'change' : 'create',
          resource: 'event-type',
          subscription: sid,
          type,
        }) as const,
    ),
    ...types
      .filter(({ type }) => !wants.has(type))
      .map(
        (type) => ({ action: 'delete', resource: 'event-type', subscription: sid, type }) as const,
      ),
  ];
};
