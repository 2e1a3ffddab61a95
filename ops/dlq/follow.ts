import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { toAwsFailure } from '../aws.ts';
import type { Colors, Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { interruptibleSleep } from './pace.ts';

/** The replay to follow. */
interface FollowTarget {
  replayId: string;
  /** How many messages the replay sent. */
  total: number;
  /** When the replay started, by the clock of AWS, milliseconds since 1970. */
  since: number;
  /** The clock of AWS: log lines are by it. */
  awsNow: () => number;
}

/**
 * Reads the outcomes of replayed messages in the log of sync, until each has one, the time is over or the
 * operator stops it.
 * @param timeoutMs `true` for the default of ten minutes
 * @returns the outcome of each message that has one, by dead-letter id
 * @throws Failure if the log cannot be read
 */
export async function followOutcomes(
  { aws, syncLogGroup }: Pick<Deployment, 'aws' | 'syncLogGroup'>,
  target: FollowTarget,
  timeoutMs: number | true,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<ReadonlyMap<string, string>> {
  const { replayId, total, since, awsNow } = target;
  const logs = new CloudWatchLogsClient(aws.logs);
  const endsAt = Date.now() + (timeoutMs === true ? defaultTimeoutMs : timeoutMs);
  const pollMs = aws.cloudWatch === undefined ? pollIntervalMs.local : pollIntervalMs.aws;
  const sleep = interruptibleSleep(stop);
  const isOver = () => stop.aborted || Date.now() > endsAt;
  const progress = context.progress({ label: 'Following', total });
  const outcomes = new Map<string, string>();
  try {
    let startTime = since - ingestionDelayMs;
    while (!isOver()) {
      const polledAt = awsNow();
      let nextToken: string | undefined;
      do {
        const page = await logs.send(
          new FilterLogEventsCommand({
            logGroupName: syncLogGroup,
            filterPattern: `{ $.replay = "${replayId}" }`,
            startTime,
            nextToken,
          }),
        );
        recordOutcomes(page.events ?? [], outcomes);
        ({ nextToken } = page);
      } while (nextToken !== undefined && !isOver());
      startTime = polledAt - ingestionDelayMs;
      progress.update(outcomes.size);
      if (outcomes.size >= total) break;
      await sleep(pollMs);
    }
    return outcomes;
  } catch (error) {
    throw toAwsFailure(
      error,
      'Reading the sync log',
      'All messages were sent. Only their outcomes are unknown.',
    );
  } finally {
    progress.end();
  }
}

const defaultTimeoutMs = 600_000;

/** CloudWatch allows few requests per second, and shows lines seconds late. */
const pollIntervalMs = { aws: 5000, local: 500 };

/** CloudWatch may show a line this late, in milliseconds. AWS promises no limit. */
const ingestionDelayMs = 120_000;

/** The log line that sync writes for a replayed message: lambdas/sync/log-outcomes.ts. */
const OutcomeLine = jsonText(
  z.looseObject({
    deadLetterId: z.string(),
    outcome: z.string(),
    /** The disposition of the message. */
    disposition: z.string(),
    reason: z.string().optional(),
  }),
);

/** After these outcomes, sync sends the message again for another purpose only. */
const finalOutcomes = ['linked', 'removed', 'reconciled', 'unchanged', 'stale', 'expired'];

/** Counts the outcomes of a replay, most frequent first. */
export function countReplayOutcomes(
  outcomes: ReadonlyMap<string, string>,
  total: number,
): Record<string, number> {
  const counts = [...Map.groupBy(outcomes.values(), (outcome) => outcome)]
    .map(([outcome, group]): [string, number] => [outcome, group.length])
    .sort(([, one], [, other]) => other - one);
  const pending = total - outcomes.size;
  return Object.fromEntries([...counts, ...(pending > 0 ? [['pending', pending]] : [])]);
}

/** The table of outcomes as text. */
export function printReplayOutcomes(
  counts: Readonly<Record<string, number>>,
  { bold }: Colors,
): string {
  const rows = Object.entries(counts);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const digits = Math.max(0, ...rows.map(([, count]) => String(count).length));
  return [
    bold('Outcomes'),
    ...rows.map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(digits)}`),
    '',
  ].join('\n');
}

function recordOutcomes(events: readonly FilteredLogEvent[], outcomes: Map<string, string>): void {
  for (const { message = '' } of events) {
    const line = OutcomeLine.safeParse(message).data;
    // SQS may deliver a message twice: its first outcome counts.
    if (line === undefined || outcomes.has(line.deadLetterId)) continue;
    const outcome = outcomeOf(line);
    if (outcome !== undefined) outcomes.set(line.deadLetterId, outcome);
  }
}

/** The outcome of a replayed message; undefined while sync still retries it. */
function outcomeOf({
  outcome,
  disposition,
  reason,
}: z.infer<typeof OutcomeLine>): string | undefined {
  if (disposition === 'dead-letter') return `failed again: ${reason ?? outcome}`;
  return disposition === 'acknowledge' || finalOutcomes.includes(outcome) ? outcome : undefined;
}
