import {
  NotFoundException,
  paginateListSubscriptionsByTopic,
  SNSClient,
  type Subscription,
} from '@aws-sdk/client-sns';
import type { Deployment } from '../deployment/deployment.ts';
import { awsClientOptions } from './aws/aws-client-options.ts';
import { awsVerdict } from './aws/aws-verdict.ts';
import { bad, ok, type Told, type Verdict, warning } from './finding.ts';

/** The topic of a deployment's alarms, and how it is asked about. */
export interface AlarmTopic extends Pick<Deployment, 'alarmTopicArn'> {
  readonly aws: Pick<Deployment['aws'], 'sns'>;
}

export interface AlarmTopicOptions {
  /** Options that name the deployment in a command, e.g. `--stack prod`. */
  readonly deploymentOption: string;
  /** What makes the stack tell of its topic. */
  readonly makeIt: string;
}

type Standing = 'confirmed' | 'unconfirmed' | 'unsubscribed';

/**
 * Where there is no ARN, it is said why. What somebody has unsubscribed is listed for up to three days.
 * Source: https://aws.amazon.com/premiumsupport/knowledge-center/sns-cross-account-subscription/
 */
const standingOf = ({ SubscriptionArn = '' }: Subscription): Standing => {
  if (SubscriptionArn.startsWith('arn:')) return 'confirmed';
  return SubscriptionArn === 'Deleted' ? 'unsubscribed' : 'unconfirmed';
};

/** E.g. `2 by email, 1 by https`. Whose addresses they are is not told. */
const byProtocol = (subscriptions: readonly Subscription[]): string =>
  [...Map.groupBy(subscriptions, ({ Protocol = 'unknown' }) => Protocol)]
    .map(([protocol, { length }]) => `${length} by ${protocol}`)
    .join(', ');

/** Without a refresh Pulumi goes by its state, and does not see what is no longer there. */
const upAfresh = (deploymentOption: string): string =>
  `pulumi refresh ${deploymentOption} && npm run up -- ${deploymentOption}`;

const judge = (
  subscriptions: readonly Subscription[],
  deploymentOption: string,
): readonly Told[] => {
  const subscribeAgain = upAfresh(deploymentOption);
  const {
    confirmed = [],
    unconfirmed = [],
    unsubscribed = [],
  } = Object.groupBy(subscriptions, standingOf);
  const amiss = (finding: string, next: string): Verdict =>
    confirmed.length === 0
      ? bad(`nobody is told of alarms: ${finding}`, next)
      : warning(finding, next);

  const told: Told[] = [];
  if (subscriptions.length === 0) {
    const setIt = `pulumi config set ${deploymentOption} --path alarms.email …`;
    const next =
      `Subscribe something to the topic, or name who gets a mail: ${setIt}\n` +
      `Where it is set, AWS has dropped the subscription. For a new one: ${subscribeAgain}`;
    told.push({ about: 'subscribers', ...warning('none: nobody is told of alarms', next) });
  }
  if (confirmed.length > 0) told.push({ about: 'subscribers', ...ok(byProtocol(confirmed)) });
  if (unconfirmed.length > 0) {
    // Source: https://aws.amazon.com/about-aws/whats-new/2023/05/amazon-sns-automatic-deletion-unconfirmed-subscriptions
    const finding = `${byProtocol(unconfirmed)} not confirmed; AWS drops it 48 hours after it asked`;
    const next =
      'Follow the link that AWS sent; Request confirmation in the SNS console sends it again.\n' +
      `Once it is dropped, for a new one: ${subscribeAgain}`;
    told.push({ about: 'unconfirmed', ...amiss(finding, next) });
  }
  if (unsubscribed.length > 0) {
    const finding = `${byProtocol(unsubscribed)} unsubscribed, by somebody or by a mail filter that follows links`;
    const next = `Where it was not meant: ${subscribeAgain}`;
    told.push({ about: 'unsubscribed', ...amiss(finding, next) });
  }
  return told;
};

const notListed = (error: unknown, topicArn: string, deploymentOption: string): Verdict => {
  if (error instanceof NotFoundException) {
    return bad('nobody is told of alarms: their topic is not there', upAfresh(deploymentOption));
  }
  return awsVerdict(error, `sns:ListSubscriptionsByTopic on ${topicArn}`);
};

/** Who is subscribed to the topic of the alarms, by which protocol, and whether they have confirmed it. */
export const alarmSubscribers = async (
  { alarmTopicArn, aws }: AlarmTopic,
  { deploymentOption, makeIt }: AlarmTopicOptions,
): Promise<readonly Told[]> => {
  // The embedded world has no alarms, as is told of them.
  if (aws.sns === undefined) return [];
  const about = 'subscribers';
  if (alarmTopicArn === undefined) {
    return [{ about, ...warning('the stack does not tell of the topic of its alarms', makeIt) }];
  }
  const client = new SNSClient(awsClientOptions(aws.sns));
  const found: Subscription[] = [];
  try {
    const pages = paginateListSubscriptionsByTopic({ client }, { TopicArn: alarmTopicArn });
    for await (const { Subscriptions = [] } of pages) found.push(...Subscriptions);
  } catch (error) {
    return [{ about, ...notListed(error, alarmTopicArn, deploymentOption) }];
  }
  return judge(found, deploymentOption);
};
