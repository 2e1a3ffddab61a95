import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import { maxDelaySeconds } from '../../shared/config/limits.ts';
import { type QueueDepth, queueDepth } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { formatDuration } from '../text.ts';
import { awsClientOptions, awsErrorName, awsErrorResult } from './aws.ts';
import { type CheckResult, failed, type Observation, ok } from './check.ts';

interface QueueOptions {
  /** Options that name the deployment in a command, e.g. `--stack prod`. */
  deploymentOption: string;
  /** How to create a missing queue. */
  createHint: string;
}

/** Checks how many messages are in the queues. SQS counts are approximate. */
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
        return { about, ...failed('the queue does not exist', createHint) };
      }
      return { about, ...awsErrorResult(error, 'sqs:GetQueueAttributes') };
    }
  };
  return Promise.all([
    checkQueue('changes', queueUrl, (depth) => ok(depthText(depth))),
    checkQueue('dead letters', deadLetterQueueUrl, (depth) =>
      deadLetterResult(
        depth,
        'in the dead-letter queue: their tickets are missing from their conversations',
        `Read the reasons, then replay: npm run ops -- dlq list ${deploymentOption}`,
      ),
    ),
    checkQueue('event dead letters', eventDeadLetterQueueUrl, (depth) =>
      deadLetterResult(
        depth,
        'EventBridge events could not be processed',
        'See docs/runbook.md#event-dead-letters. SQS keeps them for 14 days.',
      ),
    ),
  ]);
}

const minute = 60;

/** SQS sends a metric each minute, for queues that were active in the last six hours; it may arrive late. */
const lookbackSeconds = 15 * minute;

/** A delay counts as age, so a message may be that old without a backlog. */
const backlogAgeSeconds = maxDelaySeconds + 5 * minute;

/**
 * Checks the age of the oldest message in the queue. SQS leaves out messages that were received three times,
 * so messages that wait for a retry are not seen here.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export async function checkOldestMessage({
  queueUrl,
  aws,
}: Deployment): Promise<readonly Observation[]> {
  const about = 'oldest message';
  if (aws.cloudWatch === undefined) {
    return [{ about, ...ok('not available: the local stack has no CloudWatch') }];
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
  return `${visible} visible, ${inFlight} in flight, ${delayed} delayed`;
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
