import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { awsClientOptions, toAwsFailure } from '../aws.ts';
import type { Colors, Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { interruptibleSleep } from './timing.ts';

/** The replay to follow. */
interface FollowTarget {
  replayId: string;
  /** How many messages the replay sent. */
  total: number;
  /** When the replay started, on the clock of AWS. Milliseconds since 1970. */
  since: number;
  /** The time on the clock of AWS. Log lines use this clock. */
  awsNow: () => number;
}

/**
 * Reads the outcomes of replayed messages in sync's log. It ends when each message has an outcome, the time is
 * over, or the operator stops it.
 * @param timeoutMs `true` for the default of ten minutes
 * @returns by dead-letter id, the outcome of each message, or the reason why it has none
 * @throws Failure if the log cannot be read
 */
export async function followOutcomes(
  { aws, syncLogGroup }: Pick<Deployment, 'aws' | 'syncLogGroup'>,
  target: FollowTarget,
  timeoutMs: number | true,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<FollowedOutcomes> {
  const { replayId, total, since, awsNow } = target;
  const logs = new CloudWatchLogsClient(awsClientOptions(aws.logs));
  const endsAt = Date.now() + (timeoutMs === true ? defaultTimeoutMs : timeoutMs);
  const pollMs = aws.cloudWatch === undefined ? pollIntervalMs.local : pollIntervalMs.aws;
  const sleep = interruptibleSleep(stop);
  const isOver = () => stop.aborted || Date.now() > endsAt;
  const progress = context.progress({ label: 'Following', total });
  const followed = { outcomes: new Map<string, string>(), pending: new Map<string, string>() };
  const { outcomes } = followed;
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
          { abortSignal: stop },
        );
        recordOutcomes(page.events ?? [], followed);
        ({ nextToken } = page);
      } while (nextToken !== undefined && !isOver());
      startTime = polledAt - ingestionDelayMs;
      progress.update(outcomes.size, runningCounts(followed, total));
      if (outcomes.size >= total) break;
      await sleep(pollMs);
    }
    return followed;
  } catch (error) {
    if (stop.aborted) return followed;
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

/** The known outcomes of a replay's messages, by dead-letter id. */
export interface FollowedOutcomes {
  outcomes: ReadonlyMap<string, string>;
  /** Why a message has no outcome yet. */
  pending: ReadonlyMap<string, string>;
}

/**
 * Counts the outcomes of a replay. The most frequent comes first. Then come the messages without an outcome, by
 * reason.
 */
export function countReplayOutcomes(
  { outcomes, pending }: FollowedOutcomes,
  total: number,
): Record<string, number> {
  const unseen = total - outcomes.size - pending.size;
  return Object.fromEntries([
    ...countValues(outcomes),
    ...countValues(pending).map(([reason, count]) => [`pending: ${reason}`, count]),
    ...(unseen > 0 ? [['pending: not in the sync log yet', unseen]] : []),
  ]);
}

/** Whether a message of the replay became a dead letter again. */
export function hasFailedAgain({ outcomes }: FollowedOutcomes): boolean {
  return [...outcomes.values()].some((outcome) => outcome.startsWith(failedAgain));
}

const failedAgain = 'failed again: ';

function countValues(values: ReadonlyMap<string, string>): [string, number][] {
  return [...Map.groupBy(values.values(), (value) => value)]
    .map(([value, group]): [string, number] => [value, group.length])
    .sort(([, one], [, other]) => other - one);
}

function runningCounts(followed: FollowedOutcomes, total: number): string {
  return Object.entries(countReplayOutcomes(followed, total))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
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

function recordOutcomes(
  events: readonly FilteredLogEvent[],
  { outcomes, pending }: Record<keyof FollowedOutcomes, Map<string, string>>,
): void {
  for (const { message = '' } of events) {
    const line = OutcomeLine.safeParse(message).data;
    // SQS may deliver a message twice. The first outcome counts.
    if (line === undefined || outcomes.has(line.deadLetterId)) continue;
    const { deadLetterId, outcome, reason } = line;
    if (line.disposition === 'dead-letter') {
      outcomes.set(deadLetterId, `${failedAgain}${reason ?? outcome}`);
    } else if (line.disposition === 'acknowledge' || finalOutcomes.includes(outcome)) {
      outcomes.set(deadLetterId, outcome);
    } else {
      pending.set(deadLetterId, reason ?? pendingReasons.get(outcome) ?? outcome);
    }
    if (outcomes.has(deadLetterId)) pending.delete(deadLetterId);
  }
}

const pendingReasons: ReadonlyMap<string, string> = new Map([
  ['waiting', 'no agent has accepted the Task'],
]);
