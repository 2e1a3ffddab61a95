import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import type { Colors } from '../context.ts';

/** What the sync says of a message that was replayed: lambdas/sync/log-outcomes.ts. */
const OutcomeLine = jsonText(
  z.looseObject({
    deadLetterId: z.string(),
    outcome: z.string(),
    /** What became of the message. */
    disposition: z.string(),
    reason: z.string().optional(),
  }),
);

/** How late CloudWatch may show a line, in milliseconds; nothing is promised. */
const ingestionDelayMs = 120_000;

/** Outcomes after which a message that comes again comes for another reason. */
const finalOutcomes = ['linked', 'removed', 'reconciled', 'unchanged', 'stale', 'expired'];

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
export async function followReplay(options: FollowOptions): Promise<ReadonlyMap<string, string>> {
  const { logs, logGroup, replayId, total, awsNow } = options;
  const outcomes = new Map<string, string>();
  let startTime = options.since - ingestionDelayMs;

  const recordEvent = ({ message = '' }: FilteredLogEvent): void => {
    const line = OutcomeLine.safeParse(message).data;
    if (line === undefined) return;
    const outcome = resultOf(line);
    // A message that was handed over twice may be told of twice: what it came to first counts.
    if (outcome !== undefined && !outcomes.has(line.deadLetterId))
      outcomes.set(line.deadLetterId, outcome);
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
}

/** What the letters of a replay have come to, most frequent first. */
export function countReplayOutcomes(
  outcomes: ReadonlyMap<string, string>,
  total: number,
): Record<string, number> {
  const counts = [...Map.groupBy(outcomes.values(), (outcome) => outcome)]
    .map(([outcome, group]): [string, number] => [outcome, group.length])
    .sort(([, one], [, other]) => other - one);
  const pending = total - outcomes.size;
  return Object.fromEntries([...counts, ...(pending > 0 ? [['still open', pending]] : [])]);
}

/** The table of outcomes, for a person. */
export function printReplayOutcomes(
  counts: Readonly<Record<string, number>>,
  { bold }: Colors,
): string {
  const rows = Object.entries(counts);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const digits = Math.max(0, ...rows.map(([, count]) => String(count).length));
  return [
    bold('What they have come to'),
    ...rows.map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(digits)}`),
    '',
  ].join('\n');
}

const ResponseWithDate = z.object({ headers: z.object({ date: z.string() }) });

/**
 * AWS's clock, as the answers of a client tell of it: the times of messages and of log lines are by that one,
 * and the operator's may be minutes off. Before the first answer it is the operator's.
 * @returns the time in milliseconds since 1970: never before AWS's own, and after it by no more than a second
 * and the time that an answer took
 */
export function awsClock(sqs: SQSClient): () => number {
  let offsetMs = Number.POSITIVE_INFINITY;
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = Date.now();
      const output = await next(args);
      const date = Date.parse(ResponseWithDate.safeParse(output.response).data?.headers.date ?? '');
      // A date is in whole seconds: it may be the very end of this one.
      if (!Number.isNaN(date)) offsetMs = Math.min(offsetMs, date + 1000 - sentAt);
      return output;
    },
    { step: 'deserialize', name: 'awsClock' },
  );
  return () => Date.now() + (Number.isFinite(offsetMs) ? offsetMs : 0);
}

/** What a replayed message has come to: an outcome, or that it is a dead letter again; undefined so far. */
function resultOf({
  outcome,
  disposition,
  reason,
}: z.infer<typeof OutcomeLine>): string | undefined {
  if (disposition === 'dead-letter') return `dead again: ${reason ?? outcome}`;
  return disposition === 'acknowledge' || finalOutcomes.includes(outcome) ? outcome : undefined;
}
