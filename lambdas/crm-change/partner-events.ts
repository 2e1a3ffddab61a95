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
 * @throws Error if SQS does not hold all that the event calls for: Lambda retries it, and puts it into
 * the dead-letter queue in the end. The message holds no payload.
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
    // The message goes into the dead letter's attributes. A cause would be logged by Lambda.
    throw new Error(describeFailure(error));
  }
}

/** With the fix for each field: no sender reads a response, so the log and the dead letter have to say it. */
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
    "No configured source that can be read has this event's partnerEventSource: add it to sources in the stack's configuration",
  );
}
