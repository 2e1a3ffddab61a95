import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import { maxDelaySeconds } from '../../shared/config/limits.ts';
import { type QueueDepth, queueDepth } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { formatDuration } from '../text.ts';
import { awsClientOptions, awsErrorName, awsErrorResult } from './aws.ts';
import { type CheckResult, failed, type Observation, ok } from './check.ts';

interface QueueOptions {
  /** Options that name the deployment in a command of ours, e.g. `--stack prod`. */
  readonly deploymentOption: string;
  /** What makes a queue that is not there. */
  readonly createHint: string;
}

/** How much is in the queues, about: SQS counts by and by. How old it is, `backlog` tells. */
export function checkQueues(
  { queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl, aws }: Deployment,
  { deploymentOption, createHint }: QueueOptions,
): Promise<readonly Observation[]> {
  const sqs = new SQSClient(awsClientOptions(aws.sqs));
  const checkQueue = async (
    about: string,
    url: string,
    evaluate: (depth: QueueDepth) => CheckResult,
  ): Promise<Observation> => {
    try {
      return { about, ...evaluate(await queueDepth(sqs, url)) };
    } catch (error) {
      if (awsErrorName(error).includes('DoesNotExist')) {
        return { about, ...failed('there is no such queue', createHint) };
      }
      return { about, ...awsErrorResult(error, 'sqs:GetQueueAttributes') };
    }
  };
  return Promise.all([
    checkQueue('changes', queueUrl, (depth) => ok(depthText(depth))),
    checkQueue('dead letters', deadLetterQueueUrl, (depth) =>
      deadLetterResult(
        depth,
        'given up: their tickets are not on their conversations',
        `See why, then replay: npm run ops -- dlq list ${deploymentOption}`,
      ),
    ),
    checkQueue('dead events', eventDeadLetterQueueUrl, (depth) =>
      deadLetterResult(
        depth,
        'of EventBridge could not be taken in',
        'See docs/runbook.md#dead-events. They are kept for 14 days.',
      ),
    ),
  ]);
}

const minute = 60;

/** SQS tells CloudWatch each minute, of a queue that was used in the last six hours; it may come late. */
const lookbackSeconds = 15 * minute;

/** A message may be held back for so long with nothing amiss, and that counts as age; more is a backlog. */
const backlogAgeSeconds = maxDelaySeconds + 5 * minute;

/**
 * How old the oldest message of the changes is. Messages that were tried three times are not counted in:
 * what waits for another try is not seen here.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export async function checkOldestMessage({
  queueUrl,
  aws,
}: Deployment): Promise<readonly Observation[]> {
  const about = 'oldest change';
  if (aws.cloudWatch === undefined) {
    return [{ about, ...ok('not told: the embedded world has no CloudWatch') }];
  }
  const cloudWatch = new CloudWatchClient(awsClientOptions(aws.cloudWatch));
  const now = Date.now();
  try {
    const { MetricDataResults: [result] = [] } = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - lookbackSeconds * 1000),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [
          {
            Id: 'age',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/SQS',
                MetricName: 'ApproximateAgeOfOldestMessage',
                Dimensions: [{ Name: 'QueueName', Value: queueNameOf(queueUrl) }],
              },
              Period: minute,
              Stat: 'Maximum',
            },
          },
        ],
      }),
    );
    return [{ about, ...evaluateAge(result?.Values?.[0]) }];
  } catch (error) {
    return [{ about, ...awsErrorResult(error, 'cloudwatch:GetMetricData') }];
  }
}

function depthText({ visible, inFlight, delayed }: QueueDepth): string {
  return `${visible} to be taken, ${inFlight} being worked on, ${delayed} held back`;
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
  if (ageSeconds === undefined)
    return ok('nothing was told of late: nothing waits, or it is not used');
  const age = formatDuration(ageSeconds * 1000);
  if (ageSeconds <= backlogAgeSeconds) return ok(`${age} old at the most`);
  return failed(
    `${age} old: sync does not take it, or not fast enough`,
    'See docs/runbook.md#queue-backlog.',
  );
}
