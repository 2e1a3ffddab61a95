import { MetricAlarm } from '@pulumi/aws/cloudwatch/metricAlarm.js';
import { Topic } from '@pulumi/aws/sns/topic.js';
import { TopicPolicy } from '@pulumi/aws/sns/topicPolicy.js';
import { TopicSubscription } from '@pulumi/aws/sns/topicSubscription.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  jsonStringify,
  type Output,
} from '@pulumi/pulumi';
import { finishedTaskSeconds, longestDelaySeconds } from '../../shared/config/numbers.ts';
import type { EventDeadLetters } from './event-dead-letters.ts';
import type { NodeFunction } from './node-function.ts';
import type { RedrivableQueue } from './redrivable-queue.ts';

export interface AlarmsArgs {
  readonly changes: RedrivableQueue;
  readonly eventDeadLetters: EventDeadLetters;
  readonly crmChange: NodeFunction;
  readonly taskEvent: NodeFunction;
  readonly sync: NodeFunction;
  /** Who is told. Unset: nobody, until the topic has subscribers of its own. */
  readonly email?: string | undefined;
  /** The page that has a heading for each alarm. */
  readonly runbookUrl: string;
}

interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, Input<string>>>;
  readonly statistic: 'Maximum' | 'Sum';
}

interface Watch {
  readonly metric: Metric;
  /** What it means, in one or two sentences. */
  readonly meaning: string;
  readonly periodSeconds: number;
  /** The least value that is too much. */
  readonly threshold: number;
  /** How many of the latest periods have to be too much: `[1, 1]` where not given. */
  readonly periods?: readonly [count: number, of: number];
}

const minute = 60;

/**
 * SQS's own delay counts as age, and a message may be held back for that long with nothing amiss; five
 * minutes more are a backlog.
 */
const oldSeconds = longestDelaySeconds + 5 * minute;

const lastOf = (arn: Output<string>): Output<string> =>
  arn.apply((text) => text.split(':').at(-1) ?? '');

const ofQueue = (queueArn: Output<string>, metricName: string): Metric => ({
  namespace: 'AWS/SQS',
  metricName,
  dimensions: { QueueName: lastOf(queueArn) },
  statistic: 'Maximum',
});

const errorsOf = (lambda: NodeFunction): Metric => ({
  namespace: 'AWS/Lambda',
  metricName: 'Errors',
  dimensions: { FunctionName: lambda.name },
  statistic: 'Sum',
});

const ofSync = (metricName: string, statistic: Metric['statistic'] = 'Sum'): Metric => ({
  namespace: 'crm-media-sync',
  metricName,
  dimensions: { service: 'sync' },
  statistic,
});

/**
 * The alarms by what each is called, which is its heading in the runbook as well.
 *
 * Whoever looks into a queue hides its messages for a moment, so that queues count as filled for five
 * minutes after they were: one page, not one for each look.
 */
const watchesOf = ({
  changes,
  eventDeadLetters,
  crmChange,
  taskEvent,
  sync,
}: AlarmsArgs): Readonly<Record<string, Watch>> => ({
  'dead-letters': {
    metric: ofQueue(changes.deadLetterArn, 'ApproximateNumberOfMessagesVisible'),
    meaning:
      'sync has given messages up: their tickets are not on their conversations. Each lies in the dead-letter queue with its reason, for 14 days at most.',
    periodSeconds: minute,
    threshold: 1,
    periods: [1, 5],
  },
  'dead-events': {
    metric: ofQueue(eventDeadLetters.arn, 'ApproximateNumberOfMessagesVisible'),
    meaning:
      'Events of a CRM could not be taken in: their tickets are not on their conversations. They lie in the queue of dead events for 14 days at most.',
    periodSeconds: minute,
    threshold: 1,
    periods: [1, 5],
  },
  // Tries grow sparse while the key is refused: without the longer look back it would end in between.
  'twilio-refuses-the-key': {
    metric: ofSync('Unauthorized'),
    meaning:
      'Twilio refuses our API key. No ticket is linked until somebody renews the key; nothing is given up for six and a half hours.',
    periodSeconds: minute,
    threshold: 1,
    periods: [1, 15],
  },
  // Each instance counts a pause when it begins. Pauses grow to 15 seconds and end with the next message, so
  // that an outage does not show in every minute. Simulated with a breaker whose pauses grew to a minute and the waits of the code: with
  // a message a minute this begins after four minutes and lasts; of three in five, with a message in five
  // minutes, the alarm would end and begin again five times in six hours. A minute of outage does not page.
  'taskrouter-does-not-answer': {
    metric: ofSync('BreakerOpened'),
    meaning:
      'TaskRouter has failed again and again and is asked but rarely. Messages wait and are tried for six and a half hours; conversations that end meanwhile lose their links.',
    periodSeconds: minute,
    threshold: 1,
    periods: [3, 10],
  },
  // A message that was handed over three times does not count any more: SQS moves it to the back and leaves
  // it out of this metric. So what waits for a retry is not seen here, and what is seen waits to be taken.
  // Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
  'queue-backlog': {
    metric: ofQueue(changes.arn, 'ApproximateAgeOfOldestMessage'),
    meaning:
      'Messages wait in the queue and sync does not take them, or not fast enough: tickets appear late, and not at all on conversations that are over by then.',
    periodSeconds: minute,
    threshold: oldSeconds,
  },
  // A finished Task lives for two minutes. Where it is gone and the change is younger than that, the
  // conversation had ended before the change was made: a ticket that is edited later, and no loss.
  'tickets-too-late': {
    metric: ofSync('ExpiredLag', 'Maximum'),
    meaning:
      'A ticket was on its way for longer than a finished Task lives, and came too late for its conversation. It cannot be linked any more.',
    periodSeconds: 5 * minute,
    threshold: finishedTaskSeconds * 1000,
  },
  'sync-fails': {
    metric: errorsOf(sync),
    meaning:
      'The function sync crashes or runs out of time. Its messages come back, and SQS itself moves them to the dead-letter queue in the end.',
    periodSeconds: 5 * minute,
    threshold: 1,
  },
  'crm-change-fails': {
    metric: errorsOf(crmChange),
    meaning:
      'The function crm-change fails on events of EventBridge, or crashes on webhooks. Events end as dead events; webhooks are lost unless the CRM sends them again.',
    periodSeconds: 5 * minute,
    threshold: 1,
  },
  'task-event-fails': {
    metric: errorsOf(taskEvent),
    meaning:
      'The function task-event crashes or runs out of time. Segments that begin and recordings that appear meanwhile may lack their tickets.',
    periodSeconds: 5 * minute,
    threshold: 1,
  },
});

/** What any alarm of the topic's own account and region has as its ARN. */
const alarmsBeside = (topicArn: string): string => {
  const [, partition, , region, account] = topicArn.split(':');
  return `arn:${partition}:cloudwatch:${region}:${account}:alarm:*`;
};

/**
 * What tells a person that something is amiss: the alarms, and the topic that all of them go to when they
 * begin and when they end. What each means and what to do then is in the runbook.
 */
export class Alarms extends ComponentResource {
  readonly topicArn: Output<string>;

  constructor(name: string, args: AlarmsArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:Alarms', name, {}, options);

    // Not encrypted at rest: alarms may not use the key that AWS manages for SNS, and would be silent; a key
    // of our own costs, and what is told holds names and numbers only.
    // Source: https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    const topic = new Topic(name, {}, { parent: this });

    // Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html
    // and https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger
    new TopicPolicy(
      `${name}-policy`,
      {
        arn: topic.arn,
        policy: jsonStringify({
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'NoPlainHttp',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Resource: topic.arn,
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
            {
              Sid: 'Alarms',
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: 'sns:Publish',
              Resource: topic.arn,
              Condition: { ArnLike: { 'aws:SourceArn': topic.arn.apply(alarmsBeside) } },
            },
          ],
        }),
      },
      { parent: this },
    );

    if (args.email !== undefined) {
      new TopicSubscription(
        `${name}-email`,
        { topic: topic.arn, protocol: 'email', endpoint: args.email },
        { parent: this },
      );
    }

    for (const [heading, watch] of Object.entries(watchesOf(args))) {
      const { metric, meaning, periodSeconds, threshold, periods: [count, of] = [1, 1] } = watch;
      new MetricAlarm(
        `${name}-${heading}`,
        {
          // As it is: operators and their tools look alarms up by name.
          name: `${name}-${heading}`,
          alarmDescription: `${meaning} ${args.runbookUrl}#${heading}`,
          ...metric,
          period: periodSeconds,
          comparisonOperator: 'GreaterThanOrEqualToThreshold',
          threshold,
          datapointsToAlarm: count,
          evaluationPeriods: of,
          treatMissingData: 'notBreaching',
          alarmActions: [topic.arn],
          okActions: [topic.arn],
        },
        { parent: this },
      );
    }

    this.topicArn = topic.arn;
    this.registerOutputs({ topicArn: this.topicArn });
  }
}
