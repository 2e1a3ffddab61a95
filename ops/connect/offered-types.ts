import type { OperatorClient } from '../twilio/operator-client.ts';

const pageSize = 1000;

/** Of these event types, those that Twilio offers, and those that it does not (any more). */
export const availableEventTypes = async (
  { events }: OperatorClient,
  eventTypes: readonly string[],
): Promise<{ readonly available: readonly string[]; readonly unavailable: readonly string[] }> => {
  const listed = await events.v1.eventTypes.list({ pageSize });
  const availableTypes = new Set(
    listed.filter(({ status }) => status !== 'discontinued').map(({ type }) => type),
  );
  return {
    available: eventTypes.filter((type) => availableTypes.has(type)),
    unavailable: eventTypes.filter((type) => !availableTypes.has(type)),
  };
};
