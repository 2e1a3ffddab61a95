import type { EventBridgeEvent } from 'aws-lambda';
import { describeError } from '../../shared/door/describe-error.ts';
import { Refusal, Unavailable, unexpectedShape } from '../../shared/door/failures.ts';
import type { OpenSource } from './open-source.ts';
import type { Report } from './report.ts';
import { type TakeInOptions, takeIn } from './take-in.ts';

export interface PartnerEventsOptions extends TakeInOptions {
  readonly sources: ReadonlyMap<string, OpenSource>;
  readonly report: (report: Report) => void;
}

/**
 * Takes an event of a partner bus in, which AWS has vouched for.
 * @throws Error when SQS does not hold all that it says: Lambda tries again, and keeps the event with
 * the dead letters in the end. The message holds none of the payload.
 */
export type PartnerEvents = (event: EventBridgeEvent<string, unknown>) => Promise<void>;

/** Builds the door for events of EventBridge: which source, then what `takeIn` does. */
export const createPartnerEvents = ({
  sources,
  report,
  ...options
}: PartnerEventsOptions): PartnerEvents => {
  const find = (event: EventBridgeEvent<string, unknown>): OpenSource => {
    for (const opened of sources.values()) {
      if (opened.config.partnerEventSource === event.source) return opened;
    }
    throw new Unavailable('No source has the partnerEventSource that this event is from');
  };

  return async (event) => {
    let opened: OpenSource | undefined;
    let seen: Omit<Report, 'outcome'> = { requestId: event.id, accepted: 0, ignored: 0 };
    try {
      opened = find(event);
      const { findings, problems } = await takeIn(event.detail, opened, options);
      seen = { ...seen, source: opened.name, ...findings };
      if (problems.length > 0) throw new Refusal('invalid', unexpectedShape, problems);
      report({ ...seen, outcome: findings.accepted > 0 ? 'accepted' : 'ignored' });
    } catch (error) {
      const isRefused = error instanceof Refusal;
      report({
        ...seen,
        source: opened?.name,
        outcome: isRefused ? error.outcome : 'unavailable',
        ...(isRefused && { fields: error.problems.map(({ field }) => field) }),
        error: describeError(error),
      });
      // Its message goes into the dead letter's attributes, its cause would go into the log.
      throw new Error(describeError(error));
    }
  };
};
