import {
  CloudWatchClient,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import type { Deployment } from '../deployment/deployment.ts';
import { timeText } from '../time-text.ts';
import { awsClientOptions } from './aws/aws-client-options.ts';
import { awsVerdict } from './aws/aws-verdict.ts';
import { bad, ok, type Told, warning } from './finding.ts';

/** Our descriptions end with the page and the heading that say what to do. */
const runbookLink = /\s(\S+#[\w-]+)$/;

const told = (alarm: MetricAlarm, prefix: string): Told => {
  const {
    AlarmName = '',
    AlarmDescription = '',
    StateTransitionedTimestamp,
    StateUpdatedTimestamp,
  } = alarm;
  const heading = AlarmName.slice(prefix.length);
  const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
  const [, link = `docs/runbook.md#${heading}`] = runbookLink.exec(AlarmDescription) ?? [];
  const meaning = AlarmDescription.replace(runbookLink, '');
  return {
    about: heading,
    ...bad(
      `in ALARM${since === undefined ? '' : ` since ${timeText(since.getTime())}`}\n${meaning}`.trimEnd(),
      `See ${link}.`,
    ),
  };
};

/** The alarms of the stack that are in ALARM. Who is told of them, `alarmSubscribers` tells. */
export const alarms = async (
  { alarmNamePrefix, aws }: Deployment,
  makeThem: string,
): Promise<readonly Told[]> => {
  const about = 'alarms';
  if (aws.cloudWatch === undefined) return [{ about, ...ok('the embedded world has none') }];
  if (alarmNamePrefix === undefined) {
    return [{ about, ...warning('the stack has none, or does not tell of them', makeThem) }];
  }
  const client = new CloudWatchClient(awsClientOptions(aws.cloudWatch));
  const found: MetricAlarm[] = [];
  try {
    const pages = paginateDescribeAlarms({ client }, { AlarmNamePrefix: alarmNamePrefix });
    for await (const { MetricAlarms = [] } of pages) found.push(...MetricAlarms);
  } catch (error) {
    return [{ about, ...awsVerdict(error, 'cloudwatch:DescribeAlarms') }];
  }
  if (found.length === 0) return [{ about, ...warning('there are none', makeThem) }];
  const ringing = found.filter(({ StateValue }) => StateValue === 'ALARM');
  if (ringing.length === 0) return [{ about, ...ok(`none of ${found.length} is in ALARM`) }];
  return ringing.map((alarm) => told(alarm, alarmNamePrefix));
};
