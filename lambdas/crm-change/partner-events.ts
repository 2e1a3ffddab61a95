import type { EventBridgeEvent } from 'aws-lambda';
import type { ConfiguredSource } from '../../shared/crm/config.ts';
import { describeError, HttpError, invalidBody, Unavailable } from '../../shared/http/errors.ts';
import { type AcceptOptions, accept } from './accept.ts';
import type { CrmRequestLog } from './report.ts';

interface PartnerEventOptions extends AcceptOptions {
  readonly sources: ReadonlyMap<string, ConfiguredSource>;
  readonly log: (log: CrmRequestLog) => void;
}

/**
 * Takes an event of a partner bus in, which AWS has vouched for.
 * @throws Error when SQS does not hold all that it says: Lambda tries again, and keeps the event with
 * the dead letters in the end. The message holds none of the payload.
 */
export type PartnerEventHandler = (event: EventBridgeEvent<string, unknown>) => Promise<void>;

/** Builds the door for events of EventBridge: which source, then what `takeIn` does. */
export function createPartnerEventHandler({
  sources,
  log,
  ...options
}: PartnerEventOptions): PartnerEventHandler {
  const findSource = (event: EventBridgeEvent<string, unknown>): ConfiguredSource => {
    for (const configured of sources.values()) {
      if (configured.config.partnerEventSource === event.source) return configured;
    }
    throw new Unavailable('No source has the partnerEventSource that this event is from');
  };

  return async (event) => {
    let configured: ConfiguredSource | undefined;
    let entry: Omit<CrmRequestLog, 'outcome'> = { requestId: event.id, accepted: 0, ignored: 0 };
    try {
      configured = findSource(event);
      const { summary, problems } = await accept(event.detail, configured, options);
      entry = { ...entry, source: configured.name, ...summary };
      if (problems.length > 0) throw new HttpError('invalid', invalidBody, problems);
      log({ ...entry, outcome: summary.accepted > 0 ? 'accepted' : 'ignored' });
    } catch (error) {
      const isHttpError = error instanceof HttpError;
      log({
        ...entry,
        source: configured?.name,
        outcome: isHttpError ? error.outcome : 'unavailable',
        ...(isHttpError && { fields: error.problems.map(({ field }) => field) }),
        error: describeError(error),
      });
      // Its message goes into the dead letter's attributes, its cause would go into the log.
      throw new Error(describeError(error));
    }
  };
}
