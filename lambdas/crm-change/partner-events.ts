import type { EventBridgeEvent } from 'aws-lambda';
import type { ConfiguredSource } from '../../shared/crm/config.ts';
import { describeError, HttpError, invalidBody, Unavailable } from '../../shared/http/errors.ts';
import { type AcceptOptions, accept } from './accept.ts';
import type { CrmRequestLog } from './log-request.ts';

interface PartnerEventOptions extends AcceptOptions {
  sources: ReadonlyMap<string, ConfiguredSource>;
  log: (entry: CrmRequestLog) => void;
}

/**
 * Accepts an event of a partner event bus. AWS has authenticated the partner.
 * @throws Error if not all messages for the event are on the queue. Lambda retries the event, and at last sends
 *   it to the dead-letter queue. The error message contains no payload
 */
export async function handlePartnerEvent(
  event: EventBridgeEvent<string, unknown>,
  { sources, log, ...options }: PartnerEventOptions,
): Promise<void> {
  let entry: Omit<CrmRequestLog, 'outcome'> = { requestId: event.id, accepted: 0, ignored: 0 };
  try {
    const configured = findSource(event.source, sources);
    entry = { ...entry, source: configured.name };
    const { outcome, summary, problems } = await accept(event.detail, configured, options);
    entry = { ...entry, ...summary };
    if (problems.length > 0) throw new HttpError('invalid', invalidBody, problems);
    log({ ...entry, outcome });
  } catch (error) {
    const isHttpError = error instanceof HttpError;
    log({
      ...entry,
      outcome: isHttpError ? error.outcome : 'unavailable',
      ...(isHttpError && { fields: error.problems.map(({ field }) => field) }),
      error: describeFailure(error),
    });
    // Lambda writes the message to the dead letter's attributes. It would log a cause.
    throw new Error(describeFailure(error));
  }
}

/**
 * The failure, with the fix for each field. No sender reads a response, so the log and the dead letter must contain
 * the fix.
 */
function describeFailure(error: unknown): string {
  const problems = error instanceof HttpError ? error.problems : [];
  return [
    describeError(error),
    ...problems.map(({ field, problem }) => `${field} ${problem}`),
  ].join('; ');
}

function findSource(
  partnerEventSource: string,
  sources: ReadonlyMap<string, ConfiguredSource>,
): ConfiguredSource {
  for (const configured of sources.values()) {
    if (configured.config.partnerEventSource === partnerEventSource) return configured;
  }
  throw new Unavailable(
    "No readable source has this event's partnerEventSource: add it to sources in the stack's configuration",
  );
}
