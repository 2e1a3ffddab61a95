import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import { maxDelaySeconds } from '../../shared/config/limits.ts';
import { awsClientOptions, awsErrorName, type QueueDepth, queueDepths } from '../aws.ts';
import type { AwsClientConfig, Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { createLastHourReader } from '../status/last-hour.ts';
import { eventSourceState } from '../sync/event-source.ts';
import { formatDuration } from '../text.ts';
import {
  awsErrorResult,
  type CheckResult,
  failed,
  type Observation,
  ok,
  warning,
} from './check.ts';

interface QueueOptions {
  /** Options that name the deployment in a command, e.g. `--stack prod`. */
  deploymentOption: string;
  /** How to create a missing queue. */
  createHint: string;
}

/** Checks how many messages are in the queues. SQS counts are approximate. */
export async function checkQueues(
  deployment: Deployment,
  { deploymentOption, createHint }: QueueOptions,
): Promise<readonly Observation[]> {
  const { queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl, aws } = deployment;
  const sqs = new SQSClient(awsClientOptions(aws.sqs));
  const retrying = await countRetrying(deployment);
  const checkQueue = async (
    about: string,
    urls: readonly string[],
    evaluate: (depth: QueueDepth) => CheckResult,
  ): Promise<Observation> => {
    try {
      return { about, ...evaluate(await queueDepths(sqs, urls)) };
    } catch (error) {
      if (awsErrorName(error).includes('DoesNotExist')) {
        return { about, ...failed('the queue does not exist', createHint) };
      }
      return { about, ...awsErrorResult(error, 'sqs:GetQueueAttributes') };
    }
  };
  return Promise.all([
    checkQueue('changes and lookups', Object.values(queueUrls), (depth) =>
      ok(depthText(splitDepth(depth, retrying))),
    ),
    checkQueue('dead letters', [deadLetterQueueUrl], (depth) =>
      deadLetterResult(
        depth,
        'in the dead-letter queue: their tickets are missing from their conversations',
        `Read the reasons, then replay: npm run ops -- dlq list ${deploymentOption}`,
      ),
    ),
    checkQueue('event dead letters', [eventDeadLetterQueueUrl], (depth) =>
      deadLetterResult(
        depth,
        'EventBridge events could not be processed',
        'See docs/runbook.md#event-dead-letters. SQS keeps them for 14 days.',
      ),
    ),
  ]);
}

const minute = 60;

/** The timeout for the log. The queues can be shown without it. */
const logTimeoutMs = 15_000;

/** SQS sends a metric each minute for queues that were active in the last six hours. It may arrive late. */
const lookbackSeconds = 15 * minute;

/** A delay counts as age, so a message may reach this age without a backlog. */
const backlogAgeSeconds = maxDelaySeconds + 5 * minute;

/**
 * Checks the age of the oldest message in the queues. A retry is a copy with a delay, and its age counts from the
 * copy.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export async function checkOldestMessage({
  queueUrls,
  aws,
}: Deployment): Promise<readonly Observation[]> {
  const about = 'oldest message';
  if (aws.cloudWatch === undefined) {
    return [{ about, ...ok('not available: the local stack has no CloudWatch') }];
  }
  try {
    return [{ about, ...evaluateAge(await oldestMessageSeconds(aws.cloudWatch, queueUrls)) }];
  } catch (error) {
    return [{ about, ...awsErrorResult(error, 'cloudwatch:GetMetricData') }];
  }
}

/**
 * The age of the oldest message in the queues of sync, in seconds. Undefined without recent data.
 * @throws an error of the AWS SDK
 */
export async function oldestMessageSeconds(
  access: AwsClientConfig,
  queueUrls: Deployment['queueUrls'],
): Promise<number | undefined> {
  const ages = Object.values(await oldestMessages(access, queueUrls));
  return ages.length === 0 ? undefined : Math.max(...ages);
}

/**
 * The age of the oldest message of each queue, in seconds. Queues without recent data are left out.
 * @param queueUrls the URLs, by names that begin with a lower-case letter
 * @throws an error of the AWS SDK
 */
export async function oldestMessages(
  access: AwsClientConfig,
  queueUrls: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, number>>> {
  const cloudWatch = new CloudWatchClient(awsClientOptions(access));
  const now = Date.now();
  const { MetricDataResults: results = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - lookbackSeconds * 1000),
      EndTime: new Date(now),
      ScanBy: 'TimestampDescending',
      MetricDataQueries: Object.entries(queueUrls).map(([Id, url]) => ({
        Id,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/SQS',
            MetricName: 'ApproximateAgeOfOldestMessage',
            Dimensions: [{ Name: 'QueueName', Value: queueNameOf(url) }],
          },
          Period: minute,
          Stat: 'Maximum',
        },
      })),
    }),
  );
  return Object.fromEntries(
    results.flatMap(({ Id = '', Values = [] }) => Values.slice(0, 1).map((age) => [Id, age])),
  );
}

/** Checks whether Lambda sends the messages of the queues to sync. */
export async function checkEventSource(
  deployment: Deployment,
  deploymentOption: string,
): Promise<readonly Observation[]> {
  const about = 'event source';
  const { state } = await eventSourceState(deployment);
  if (state === 'running') return [{ about, ...ok('hands the messages to sync') }];
  return [
    {
      about,
      ...warning(
        `${state}: the messages wait, and no ticket is linked`,
        `If nobody paused it on purpose: npm run ops -- sync resume ${deploymentOption} --yes`,
      ),
    },
  ];
}

/**
 * The messages of a queue. Delayed messages are divided, because a message that waits for its next try is a copy
 * with a delay.
 * @param retrying how many messages wait for their next try, from sync's log
 */
export function splitDepth({ visible, inFlight, delayed }: QueueDepth, retrying: number) {
  const waiting = Math.min(delayed, retrying);
  return { ready: visible, inFlight, retrying: waiting, delayed: delayed - waiting };
}

function depthText({ ready, inFlight, retrying, delayed }: ReturnType<typeof splitDepth>): string {
  return `${ready} ready, ${inFlight} in flight, ${retrying} waiting for a retry, ${delayed} delayed`;
}

/** How many messages wait for a retry. If the log cannot be read, none. */
async function countRetrying(deployment: Deployment): Promise<number> {
  try {
    const stop = AbortSignal.timeout(logTimeoutMs);
    const { retrying } = await createLastHourReader(deployment)(Date.now(), stop);
    return retrying.count;
  } catch (error) {
    if (error instanceof Failure) return 0;
    throw error;
  }
}

function deadLetterResult(
  { visible, inFlight, delayed }: QueueDepth,
  description: string,
  next: string,
): CheckResult {
  const count = visible + inFlight + delayed;
  return count === 0 ? ok('none') : failed(`${count} ${description}`, next);
}

function queueNameOf(queueUrl: string): string {
  return new URL(queueUrl).pathname.split('/').at(-1) ?? '';
}

function evaluateAge(ageSeconds: number | undefined): CheckResult {
  if (ageSeconds === undefined) return ok('no recent data: the queue is empty or unused');
  const age = formatDuration(ageSeconds * 1000);
  if (ageSeconds <= backlogAgeSeconds) return ok(`${age} old`);
  return failed(
    `${age} old: sync receives messages too slowly or not at all`,
    'See docs/runbook.md#queue-backlog.',
  );
}
