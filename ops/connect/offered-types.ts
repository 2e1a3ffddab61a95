import type { OperatorClient } from '../twilio/operator-client.ts';

const pageSize = 1000;

/** Of these event types, those that Twilio offers, and those that it does not (any more). */
export const offeredTypes = async (
  { events }: OperatorClient,
  wanted: readonly string[],
): Promise<{ readonly offered: readonly string[]; readonly missing: readonly string[] }> => {
  const listed = await events.v1.eventTypes.list({ pageSize });
  const known = new Set(
    listed.filter(({ status }) => status !== 'discontinued').map(({ type }) => type),
  );
  return {
    offered: wanted.filter((type) => known.has(type)),
    missing: wanted.filter((type) => !known.has(type)),
  };
};
