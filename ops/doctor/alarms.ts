import {
  CloudWatchClient,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import {
  NotFoundException,
  paginateListSubscriptionsByTopic,
  SNSClient,
  type Subscription,
} from '@aws-sdk/client-sns';
import { awsClientOptions } from '../aws.ts';
import type { AwsClientConfig, Deployment } from '../deployment/deployment.ts';
import { formatTime } from '../text.ts';
import {
  awsErrorResult,
  type CheckResult,
  failed,
  type Observation,
  ok,
  warning,
} from './check.ts';

/** The description of each of our alarms ends with the URL of its heading in the runbook. */
const runbookLink = /\s(\S+#[\w-]+)$/;

/** Checks which alarms of the stack are in ALARM. */
export async function checkAlarms(
  { alarmNamePrefix, aws }: Deployment,
  createHint: string,
): Promise<readonly Observation[]> {
  const about = 'alarms';
  if (aws.cloudWatch === undefined) return [{ about, ...ok('the local stack has none') }];
  if (alarmNamePrefix === undefined) {
    return [
      { about, ...warning('the stack has no alarms, or no output alarmNamePrefix', createHint) },
    ];
  }
  let found: readonly MetricAlarm[];
  try {
    found = await readAlarms(aws.cloudWatch, alarmNamePrefix);
  } catch (error) {
    return [{ about, ...awsErrorResult(error, 'cloudwatch:DescribeAlarms') }];
  }
  if (found.length === 0) return [{ about, ...warning('the stack has no alarms', createHint) }];
  const inAlarm = found.filter(({ StateValue }) => StateValue === 'ALARM');
  if (inAlarm.length === 0) return [{ about, ...ok(`none of ${found.length} is in ALARM`) }];
  return inAlarm.map((alarm) => alarmObservation(alarm, alarmNamePrefix));
}

/** The alarms of a stack. @throws an error of the AWS SDK */
export async function readAlarms(
  cloudWatch: AwsClientConfig,
  prefix: string,
): Promise<readonly MetricAlarm[]> {
  const client = new CloudWatchClient(awsClientOptions(cloudWatch));
  const found: MetricAlarm[] = [];
  const pages = paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix });
  for await (const { MetricAlarms = [] } of pages) found.push(...MetricAlarms);
  return found;
}

/** The alarm topic of a deployment, and the settings of its SNS client. */
interface AlarmTopic extends Pick<Deployment, 'alarmTopicArn'> {
  aws: Pick<Deployment['aws'], 'sns'>;
}

interface AlarmTopicOptions {
  /** Options that name the deployment in a command, e.g. `--stack prod`. */
  deploymentOption: string;
  /** How to create the output of the topic. */
  createHint: string;
}

type SubscriptionStatus = 'confirmed' | 'unconfirmed' | 'unsubscribed';

/** Checks who is subscribed to the alarm topic, by which protocol, and whether they have confirmed it. */
export async function checkAlarmSubscribers(
  { alarmTopicArn, aws }: AlarmTopic,
  { deploymentOption, createHint }: AlarmTopicOptions,
): Promise<readonly Observation[]> {
  // The local stack has no alarms: `checkAlarms` says so.
  if (aws.sns === undefined) return [];
  const about = 'subscribers';
  if (alarmTopicArn === undefined) {
    return [{ about, ...warning('the stack has no output alarmTopicArn', createHint) }];
  }
  const client = new SNSClient(awsClientOptions(aws.sns));
  const found: Subscription[] = [];
  try {
    const pages = paginateListSubscriptionsByTopic({ client }, { TopicArn: alarmTopicArn });
    for await (const { Subscriptions = [] } of pages) found.push(...Subscriptions);
  } catch (error) {
    return [{ about, ...listFailure(error, alarmTopicArn, deploymentOption) }];
  }
  return evaluateSubscriptions(found, deploymentOption);
}

/** An alarm in our words: its name without the prefix of the stack, and where the runbook describes it. */
export function describeAlarm(alarm: MetricAlarm, prefix: string) {
  const {
    AlarmName = '',
    AlarmDescription = '',
    StateValue: state = 'unknown',
    StateTransitionedTimestamp,
    StateUpdatedTimestamp,
  } = alarm;
  const name = AlarmName.slice(prefix.length);
  const [, runbook = `docs/runbook.md#${name}`] = runbookLink.exec(AlarmDescription) ?? [];
  return {
    name,
    state,
    /** Milliseconds since 1970. */
    since: (StateTransitionedTimestamp ?? StateUpdatedTimestamp)?.getTime(),
    description: AlarmDescription.replace(runbookLink, ''),
    runbook,
  };
}

function alarmObservation(alarm: MetricAlarm, prefix: string): Observation {
  const { name, since, description, runbook } = describeAlarm(alarm, prefix);
  return {
    about: name,
    ...failed(
      `in ALARM${since === undefined ? '' : ` since ${formatTime(since)}`}\n${description}`.trimEnd(),
      `See ${runbook}.`,
    ),
  };
}

/**
 * Without an ARN, SNS gives the reason in its place. It lists a deleted subscription for up to three days.
 * Source: https://aws.amazon.com/premiumsupport/knowledge-center/sns-cross-account-subscription/
 */
function subscriptionStatus({ SubscriptionArn = '' }: Subscription): SubscriptionStatus {
  if (SubscriptionArn.startsWith('arn:')) return 'confirmed';
  return SubscriptionArn === 'Deleted' ? 'unsubscribed' : 'unconfirmed';
}

/** E.g. `2 by email, 1 by https`. Addresses are personal data: they are not shown. */
function countByProtocol(subscriptions: readonly Subscription[]): string {
  return [...Map.groupBy(subscriptions, ({ Protocol = 'unknown' }) => Protocol)]
    .map(([protocol, { length }]) => `${length} by ${protocol}`)
    .join(', ');
}

/** Without a refresh, Pulumi trusts its state and does not see that the resource is gone. */
function recreateCommand(deploymentOption: string): string {
  return `pulumi refresh ${deploymentOption} && npm run up -- ${deploymentOption}`;
}

function evaluateSubscriptions(
  subscriptions: readonly Subscription[],
  deploymentOption: string,
): readonly Observation[] {
  const recreate = recreateCommand(deploymentOption);
  const {
    confirmed = [],
    unconfirmed = [],
    unsubscribed = [],
  } = Object.groupBy(subscriptions, subscriptionStatus);
  const problem = (finding: string, next: string): CheckResult =>
    confirmed.length === 0
      ? failed(`no subscriber receives alarms: ${finding}`, next)
      : warning(finding, next);

  const observations: Observation[] = [];
  if (subscriptions.length === 0) {
    const configCommand = `pulumi config set ${deploymentOption} --path alarms.email …`;
    const next =
      `Subscribe to the topic, or set an email address: ${configCommand}\n` +
      `If it is set, SNS has deleted the subscription. Create a new one: ${recreate}`;
    observations.push({
      about: 'subscribers',
      ...warning('none: no subscriber receives alarms', next),
    });
  }
  if (confirmed.length > 0)
    observations.push({ about: 'subscribers', ...ok(countByProtocol(confirmed)) });
  if (unconfirmed.length > 0) {
    // Source: https://aws.amazon.com/about-aws/whats-new/2023/05/amazon-sns-automatic-deletion-unconfirmed-subscriptions
    const finding = `${countByProtocol(unconfirmed)} not confirmed; SNS deletes it after 48 hours`;
    const next =
      'Follow the link in the mail from AWS. Request confirmation in the SNS console sends it again.\n' +
      `If it is already deleted, create a new one: ${recreate}`;
    observations.push({ about: 'unconfirmed', ...problem(finding, next) });
  }
  if (unsubscribed.length > 0) {
    const finding = `${countByProtocol(unsubscribed)} unsubscribed, by a person or by a mail filter that follows links`;
    const next = `If this was a mistake: ${recreate}`;
    observations.push({ about: 'unsubscribed', ...problem(finding, next) });
  }
  return observations;
}

function listFailure(error: unknown, topicArn: string, deploymentOption: string): CheckResult {
  if (error instanceof NotFoundException) {
    return failed(
      'no subscriber receives alarms: the topic does not exist',
      recreateCommand(deploymentOption),
    );
  }
  return awsErrorResult(error, `sns:ListSubscriptionsByTopic on ${topicArn}`);
}
