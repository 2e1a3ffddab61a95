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
import type { Deployment } from '../deployment/deployment.ts';
import { formatTime } from '../text.ts';
import { awsClientOptions, awsErrorResult } from './aws.ts';
import { type CheckResult, failed, type Observation, ok, warning } from './check.ts';

/** Our descriptions end with the page and the heading that say what to do. */
const runbookLink = /\s(\S+#[\w-]+)$/;

/** The alarms of the stack that are in ALARM. Who is told of them, `alarmSubscribers` tells. */
export async function checkAlarms(
  { alarmNamePrefix, aws }: Deployment,
  createHint: string,
): Promise<readonly Observation[]> {
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
}

/** The topic of a deployment's alarms, and how it is asked about. */
interface AlarmTopic extends Pick<Deployment, 'alarmTopicArn'> {
  readonly aws: Pick<Deployment['aws'], 'sns'>;
}

interface AlarmTopicOptions {
  /** Options that name the deployment in a command, e.g. `--stack prod`. */
  readonly deploymentOption: string;
  /** What makes the stack tell of its topic. */
  readonly createHint: string;
}

type SubscriptionStatus = 'confirmed' | 'unconfirmed' | 'unsubscribed';

/** Who is subscribed to the topic of the alarms, by which protocol, and whether they have confirmed it. */
export async function checkAlarmSubscribers(
  { alarmTopicArn, aws }: AlarmTopic,
  { deploymentOption, createHint }: AlarmTopicOptions,
): Promise<readonly Observation[]> {
  // The embedded world has no alarms, as is told of them.
  if (aws.sns === undefined) return [];
  const about = 'subscribers';
  if (alarmTopicArn === undefined) {
    return [
      { about, ...warning('the stack does not tell of the topic of its alarms', createHint) },
    ];
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

function alarmObservation(alarm: MetricAlarm, prefix: string): Observation {
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
}

/**
 * Where there is no ARN, it is said why. What somebody has unsubscribed is listed for up to three days.
 * Source: https://aws.amazon.com/premiumsupport/knowledge-center/sns-cross-account-subscription/
 */
function subscriptionStatus({ SubscriptionArn = '' }: Subscription): SubscriptionStatus {
  if (SubscriptionArn.startsWith('arn:')) return 'confirmed';
  return SubscriptionArn === 'Deleted' ? 'unsubscribed' : 'unconfirmed';
}

/** E.g. `2 by email, 1 by https`. Whose addresses they are is not told. */
function countByProtocol(subscriptions: readonly Subscription[]): string {
  return [...Map.groupBy(subscriptions, ({ Protocol = 'unknown' }) => Protocol)]
    .map(([protocol, { length }]) => `${length} by ${protocol}`)
    .join(', ');
}

/** Without a refresh Pulumi goes by its state, and does not see what is no longer there. */
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
      ? failed(`nobody is told of alarms: ${finding}`, next)
      : warning(finding, next);

  const observations: Observation[] = [];
  if (subscriptions.length === 0) {
    const configCommand = `pulumi config set ${deploymentOption} --path alarms.email …`;
    const next =
      `Subscribe something to the topic, or name who gets a mail: ${configCommand}\n` +
      `Where it is set, AWS has dropped the subscription. For a new one: ${recreate}`;
    observations.push({ about: 'subscribers', ...warning('none: nobody is told of alarms', next) });
  }
  if (confirmed.length > 0)
    observations.push({ about: 'subscribers', ...ok(countByProtocol(confirmed)) });
  if (unconfirmed.length > 0) {
    // Source: https://aws.amazon.com/about-aws/whats-new/2023/05/amazon-sns-automatic-deletion-unconfirmed-subscriptions
    const finding = `${countByProtocol(unconfirmed)} not confirmed; AWS drops it 48 hours after it asked`;
    const next =
      'Follow the link that AWS sent; Request confirmation in the SNS console sends it again.\n' +
      `Once it is dropped, for a new one: ${recreate}`;
    observations.push({ about: 'unconfirmed', ...problem(finding, next) });
  }
  if (unsubscribed.length > 0) {
    const finding = `${countByProtocol(unsubscribed)} unsubscribed, by somebody or by a mail filter that follows links`;
    const next = `Where it was not meant: ${recreate}`;
    observations.push({ about: 'unsubscribed', ...problem(finding, next) });
  }
  return observations;
}

function listFailure(error: unknown, topicArn: string, deploymentOption: string): CheckResult {
  if (error instanceof NotFoundException) {
    return failed(
      'nobody is told of alarms: their topic is not there',
      recreateCommand(deploymentOption),
    );
  }
  return awsErrorResult(error, `sns:ListSubscriptionsByTopic on ${topicArn}`);
}
