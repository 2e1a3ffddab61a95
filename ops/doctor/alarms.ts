import {
  CloudWatchClient,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import type { Deployment } from '../deployment/deployment.ts';
import { formatTime } from '../time-text.ts';
import { awsClientOptions } from './aws/aws-client-options.ts';
import { awsErrorResult } from './aws/aws-verdict.ts';
import { failed, ok, type Observation, warning } from './finding.ts';

/** Our descriptions end with the page and the heading that say what to do. */
const runbookLink = /\s(\S+#[\w-]+)$/;

const alarmObservation = (alarm: MetricAlarm, prefix: string): Observation => {
  const {
    AlarmName = '',
    AlarmDescription = '',
    StateTransitionedTimestamp,
    StateUpdatedTimestamp,
  } = alarm;
  const heading = AlarmName.slice(prefix.length);
  const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
  const [, link = `docs/runbook.md#${heading}`] = runbookLink.exec(AlarmDescription) ?? [];
  const description = AlarmDescription.replace(runbookLink, '');
  return {
    about: heading,
    ...failed(
      `in ALARM${since === undefined ? '' : ` since ${formatTime(since.getTime())}`}\n${description}`.trimEnd(),
      `See ${link}.`,
    ),
  };
};

/** The alarms of the stack that are in ALARM. Who is told of them, `alarmSubscribers` tells. */
export const checkAlarms = async (
  { alarmNamePrefix, aws }: Deployment,
  createHint: string,
): Promise<readonly Observation[]> => {
  const about = 'alarms';
  if (aws.cloudWatch === undefined) return [{ about, ...ok('the embedded world has none') }];
  if (alarmNamePrefix === undefined) {
    return [{ about, ...warning('the stack has none, or does not tell of them', createHint) }];
  }
  const client = new CloudWatchClient(awsClientOptions(aws.cloudWatch));
  const found: MetricAlarm[] = [];
  try {
    const pages = paginateDescribeAlarms({ client }, { AlarmNamePrefix: alarmNamePrefix });
    for await (const { MetricAlarms = [] } of pages) found.push(...MetricAlarms);
  } catch (error) {
    return [{ about, ...awsErrorResult(error, 'cloudwatch:DescribeAlarms') }];
  }
  if (found.length === 0) return [{ about, ...warning('there are none', createHint) }];
  const inAlarm = found.filter(({ StateValue }) => StateValue === 'ALARM');
  if (inAlarm.length === 0) return [{ about, ...ok(`none of ${found.length} is in ALARM`) }];
  return inAlarm.map((alarm) => alarmObservation(alarm, alarmNamePrefix));
};
