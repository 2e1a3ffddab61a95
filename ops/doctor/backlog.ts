import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { maxDelaySeconds } from '../../shared/config/numbers.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { formatDuration } from '../time-text.ts';
import { awsClientOptions } from './aws/aws-client-options.ts';
import { awsErrorResult } from './aws/aws-verdict.ts';
import { failed, ok, type Observation, type CheckResult } from './finding.ts';

const minute = 60;
/** SQS tells CloudWatch each minute, of a queue that was used in the last six hours; it may come late. */
const lookbackSeconds = 15 * minute;
/** A message may be held back for so long with nothing amiss, and that counts as age; more is a backlog. */
const backlogAgeSeconds = maxDelaySeconds + 5 * minute;

const queueNameOf = (queueUrl: string): string => new URL(queueUrl).pathname.split('/').at(-1) ?? '';

const evaluateAge = (ageSeconds: number | undefined): CheckResult => {
  if (ageSeconds === undefined)
    return ok('nothing was told of late: nothing waits, or it is not used');
  const age = formatDuration(ageSeconds * 1000);
  if (ageSeconds <= backlogAgeSeconds) return ok(`${age} old at the most`);
  return failed(
    `${age} old: sync does not take it, or not fast enough`,
    'See docs/runbook.md#queue-backlog.',
  );
};

/**
 * How old the oldest message of the changes is. Messages that were tried three times are not counted in:
 * what waits for another try is not seen here.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export const checkOldestMessage = async ({ queueUrl, aws }: Deployment): Promise<readonly Observation[]> => {
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
};
