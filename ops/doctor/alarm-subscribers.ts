import {
  NotFoundException,
  paginateListSubscriptionsByTopic,
  SNSClient,
  type Subscription,
} from '@aws-sdk/client-sns';
import type { Deployment } from '../deployment/deployment.ts';
import { awsClientOptions } from './aws/aws-client-options.ts';
import { awsErrorResult } from './aws/aws-verdict.ts';
import { failed, ok, type Observation, type CheckResult, warning } from './finding.ts';

/** The topic of a deployment's alarms, and how it is asked about. */
export interface AlarmTopic extends Pick<Deployment, 'alarmTopicArn'> {
  readonly aws: Pick<Deployment['aws'], 'sns'>;
}

export interface AlarmTopicOptions {
  /** Options that name the deployment in a command, e.g. `--stack prod`. */
  readonly deploymentOption: string;
  /** What makes the stack tell of its topic. */
  readonly createHint: string;
}

type SubscriptionStatus = 'confirmed' | 'unconfirmed' | 'unsubscribed';

/**
 * Where there is no ARN, it is said why. What somebody has unsubscribed is listed for up to three days.
 * Source: https://aws.amazon.com/premiumsupport/knowledge-center/sns-cross-account-subscription/
 */
const subscriptionStatus = ({ SubscriptionArn = '' }: Subscription): SubscriptionStatus => {
  if (SubscriptionArn.startsWith('arn:')) return 'confirmed';
  return SubscriptionArn === 'Deleted' ? 'unsubscribed' : 'unconfirmed';
};

/** E.g. `2 by email, 1 by https`. Whose addresses they are is not told. */
const countByProtocol = (subscriptions: readonly Subscription[]): string =>
  [...Map.groupBy(subscriptions, ({ Protocol = 'unknown' }) => Protocol)]
    .map(([protocol, { length }]) => `${length} by ${protocol}`)
    .join(', ');

/** Without a refresh Pulumi goes by its state, and does not see what is no longer there. */
const recreateCommand = (deploymentOption: string): string =>
  `pulumi refresh ${deploymentOption} && npm run up -- ${deploymentOption}`;

const evaluateSubscriptions = (
  subscriptions: readonly Subscription[],
  deploymentOption: string,
): readonly Observation[] => {
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
  if (confirmed.length > 0) observations.push({ about: 'subscribers', ...ok(countByProtocol(confirmed)) });
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
};

const listFailure = (error: unknown, topicArn: string, deploymentOption: string): CheckResult => {
  if (error instanceof NotFoundException) {
    return failed('nobody is told of alarms: their topic is not there', recreateCommand(deploymentOption));
  }
  return awsErrorResult(error, `sns:ListSubscriptionsByTopic on ${topicArn}`);
};

/** Who is subscribed to the topic of the alarms, by which protocol, and whether they have confirmed it. */
export const checkAlarmSubscribers = async (
  { alarmTopicArn, aws }: AlarmTopic,
  { deploymentOption, createHint }: AlarmTopicOptions,
): Promise<readonly Observation[]> => {
  // The embedded world has no alarms, as is told of them.
  if (aws.sns === undefined) return [];
  const about = 'subscribers';
  if (alarmTopicArn === undefined) {
    return [{ about, ...warning('the stack does not tell of the topic of its alarms', createHint) }];
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
};
