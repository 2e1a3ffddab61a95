import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';

/** What the sync says of a message that was replayed: lambdas/sync/report/outcome-log.ts. */
const OutcomeLine = jsonText(
  z.looseObject({
    deadLetterId: z.string(),
    outcome: z.string(),
    /** What became of the message. */
    next: z.string(),
    reason: z.string().optional(),
  }),
);

/** How late CloudWatch may show a line, in milliseconds; nothing is promised. */
const ingestionDelayMs = 120_000;

/** Outcomes after which a message that comes again comes for another reason. */
const finalOutcomes = ['linked', 'removed', 'settled', 'unchanged', 'stale', 'expired'];

/** What a replayed message has come to: an outcome, or that it is a dead letter again; undefined so far. */
const resultOf = ({ outcome, next, reason }: z.infer<typeof OutcomeLine>): string | undefined => {
  if (next === 'dead-letter') return `dead again: ${reason ?? outcome}`;
  return next === 'acknowledge' || finalOutcomes.includes(outcome) ? outcome : undefined;
};

export interface FollowOptions {
  readonly logs: CloudWatchLogsClient;
  readonly logGroup: string;
  readonly replayId: string;
  /** How many letters there are to follow. */
  readonly total: number;
  /** When the replay began, by AWS's clock, milliseconds since 1970. */
  readonly since: number;
  readonly pollIntervalMs: number;
  readonly isStopped: () => boolean;
  readonly onProgress: (done: number) => void;
  /** The time by AWS's clock, by which the lines of the log are. */
  readonly awsNow: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/**
 * Reads in the sync's log what replayed messages come to, until all have come to something, or it is
 * stopped.
 * @returns what each letter has come to, by its id
 */
export const followReplay = async (
  options: FollowOptions,
): Promise<ReadonlyMap<string, string>> => {
  const { logs, logGroup, replayId, total, awsNow } = options;
  const outcomes = new Map<string, string>();
  let startTime = options.since - ingestionDelayMs;

  const recordEvent = ({ message = '' }: FilteredLogEvent): void => {
    const line = OutcomeLine.safeParse(message).data;
    if (line === undefined) return;
    const outcome = resultOf(line);
    // A message that was handed over twice may be told of twice: what it came to first counts.
    if (outcome !== undefined && !outcomes.has(line.deadLetterId)) outcomes.set(line.deadLetterId, outcome);
  };

  while (!options.isStopped()) {
    const polledAt = awsNow();
    let nextToken: string | undefined;
    do {
      const page = await logs.send(
        new FilterLogEventsCommand({
          logGroupName: logGroup,
          filterPattern: `{ $.replay = "${replayId}" }`,
          startTime,
          nextToken,
        }),
      );
      for (const event of page.events ?? []) recordEvent(event);
      ({ nextToken } = page);
    } while (nextToken !== undefined && !options.isStopped());
    startTime = polledAt - ingestionDelayMs;
    options.onProgress(outcomes.size);
    if (outcomes.size >= total) break;
    await options.sleep(options.pollIntervalMs);
  }
  return outcomes;
};
