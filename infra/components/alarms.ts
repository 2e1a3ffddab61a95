import { LogMetricFilter } from '@pulumi/aws/cloudwatch/logMetricFilter.js';
import { MetricAlarm } from '@pulumi/aws/cloudwatch/metricAlarm.js';
import { Topic } from '@pulumi/aws/sns/topic.js';
import { TopicPolicy } from '@pulumi/aws/sns/topicPolicy.js';
import { TopicSubscription } from '@pulumi/aws/sns/topicSubscription.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  jsonStringify,
  type Output,
} from '@pulumi/pulumi';
import { arnParts, nameIn } from '../arn.ts';
import { turnedAway } from '../watching/metrics.ts';
import { type Measure, type Watch, watchesOf } from '../watching/watches.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { WatchedParts } from './watched-parts.ts';

export interface AlarmsArgs extends WatchedParts {
  readonly key: EncryptionKey;
  /** The sources that send webhooks. */
  readonly webhookSources: readonly string[];
  /** Who is told. Unset: nobody, until the topic has subscribers of its own. */
  readonly email?: string | undefined;
}

/** What a period's values come to, as the provider has it: percentiles by themselves. */
const oneMeasure = ({ metric, statistic }: Measure, period: number) => ({
  ...metric,
  period,
  ...(statistic === 'p99' ? { extendedStatistic: statistic } : { statistic }),
});

/** What an alarm compares: a metric, or an expression and the metrics that it is made of. */
const comparedBy = ({ value, periodSeconds: period }: Watch) =>
  'metric' in value
    ? oneMeasure(value, period)
    : {
        metricQueries: [
          { id: 'value', expression: value.expression, label: 'Value', returnData: true },
          ...Object.entries(value.of).map(([id, { metric, statistic }]) => ({
            id,
            metric: { ...metric, period, stat: statistic },
          })),
        ],
      };

/** What any alarm of the topic's own account and region has as its ARN. */
const alarmsBeside = (topicArn: string): string => {
  const { partition, region, account } = arnParts(topicArn);
  return `arn:${partition}:cloudwatch:${region}:${account}:alarm:*`;
};

/**
 * What tells a person that something is amiss: the alarms, and the topic that all of them go to when they
 * begin and when they end. What each means and what to do then is in the runbook.
 */
export class Alarms extends ComponentResource {
  readonly topicArn: Output<string>;
  /** Of all of them. */
  readonly arns: readonly Output<string>[];

  constructor(name: string, args: AlarmsArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:Alarms', name, {}, options);

    // The key that AWS manages for SNS would keep alarms silent: they may not use it.
    // Source: https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    const topic = new Topic(name, { kmsMasterKeyId: args.key.arn }, { parent: this });

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

    this.countTurnedAway(name, args);

    const watches = watchesOf({
      queue: nameIn(args.changes.arn),
      deadLetters: nameIn(args.changes.deadLetterArn),
      deadEvents: nameIn(args.deadEvents.arn),
      crmChange: args.crmChange.name,
      taskEvent: args.taskEvent.name,
      sync: args.sync.name,
      apiId: args.api.apiId,
      sources: args.webhookSources,
      metricsNamespace: args.metricsNamespace,
    });
    const made = Object.entries(watches).map(([called, watch]) => {
      const { meaning, threshold, heading = called, periods: [count, of] = [1, 1] } = watch;
      return new MetricAlarm(
        `${name}-${called}`,
        {
          // As it is: operators and their tools look alarms up by name.
          name: `${name}-${called}`,
          alarmDescription: `${meaning} ${args.runbookUrl}#${heading}`,
          ...comparedBy(watch),
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
    });

    this.arns = made.map(({ arn }) => arn);
    this.topicArn = topic.arn;
    this.registerOutputs({ topicArn: this.topicArn });
  }

  /**
   * Counts what the API turns away at the routes of webhooks and events, which the functions do not see;
   * a scan of the internet comes by the route for all others.
   */
  private countTurnedAway(name: string, { accessLog, metricsNamespace }: AlarmsArgs): void {
    const { metricName, namespace } = turnedAway(metricsNamespace);
    new LogMetricFilter(
      `${name}-turned-away`,
      {
        logGroupName: nameIn(accessLog.arn),
        pattern: '{ $.status = "429" && $.routeKey != "$default" }',
        metricTransformation: { namespace, name: metricName, value: '1', unit: 'Count' },
      },
      { parent: this },
    );
  }
}
