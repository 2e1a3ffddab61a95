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
import { type AlarmDefinition, alarmDefinitions, type MetricStatistic } from '../alarms.ts';
import { nameFromArn, parseArn } from '../arn.ts';
import { throttledRequestsMetric } from '../metrics.ts';
import type { AccessLog } from './access-log.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { EventDeadLetterQueue } from './event-dead-letter-queue.ts';
import type { NodeFunction } from './node-function.ts';
import type { RedrivableQueue } from './redrivable-queue.ts';
import type { WebhookApi } from './webhook-api.ts';

interface AlarmsArgs extends MonitoredResources {
  readonly key: EncryptionKey;
  /** The sources that send webhooks. */
  readonly webhookSources: readonly string[];
  /** Who is told. Unset: nobody, until the topic has subscribers of its own. */
  readonly email?: string | undefined;
}

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
              Condition: { ArnLike: { 'aws:SourceArn': topic.arn.apply(anyAlarmArn) } },
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

    this.countThrottledRequests(name, args);

    const definitions = alarmDefinitions({
      queue: nameFromArn(args.changes.arn),
      deadLetterQueue: nameFromArn(args.changes.deadLetterArn),
      eventDeadLetters: nameFromArn(args.eventDeadLetters.arn),
      crmChange: args.crmChange.name,
      taskEvent: args.taskEvent.name,
      sync: args.sync.name,
      apiId: args.api.apiId,
      sources: args.webhookSources,
      metricsNamespace: args.metricsNamespace,
    });
    const alarms = Object.entries(definitions).map(([alarmName, definition]) => {
      const {
        description,
        threshold,
        runbookHeading = alarmName,
        periods: [count, of] = [1, 1],
      } = definition;
      return new MetricAlarm(
        `${name}-${alarmName}`,
        {
          // As it is: operators and their tools look alarms up by name.
          name: `${name}-${alarmName}`,
          alarmDescription: `${description} ${args.runbookUrl}#${runbookHeading}`,
          ...comparisonArgs(definition),
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

    this.arns = alarms.map(({ arn }) => arn);
    this.topicArn = topic.arn;
    this.registerOutputs({ topicArn: this.topicArn });
  }

  /**
   * Counts what the API turns away at the routes of webhooks and events, which the functions do not see;
   * a scan of the internet comes by the route for all others.
   */
  private countThrottledRequests(name: string, { accessLog, metricsNamespace }: AlarmsArgs): void {
    const { metricName, namespace } = throttledRequestsMetric(metricsNamespace);
    new LogMetricFilter(
      `${name}-turned-away`,
      {
        logGroupName: nameFromArn(accessLog.arn),
        pattern: '{ $.status = "429" && $.routeKey != "$default" }',
        metricTransformation: { namespace, name: metricName, value: '1', unit: 'Count' },
      },
      { parent: this },
    );
  }
}

/** What of a stack is watched and shown. */
export interface MonitoredResources {
  readonly changes: RedrivableQueue;
  readonly eventDeadLetters: EventDeadLetterQueue;
  readonly crmChange: NodeFunction;
  readonly taskEvent: NodeFunction;
  readonly sync: NodeFunction;
  readonly api: WebhookApi;
  readonly accessLog: AccessLog;
  /** Under which CloudWatch has the functions' own metrics. */
  readonly metricsNamespace: string;
  /** The page that has a heading for each alarm. */
  readonly runbookUrl: string;
}

/** What a period's values come to, as the provider has it: percentiles by themselves. */
function statisticArgs({ metric, statistic }: MetricStatistic, period: number) {
  return {
    ...metric,
    period,
    ...(statistic === 'p99' ? { extendedStatistic: statistic } : { statistic }),
  };
}

/** What an alarm compares: a metric, or an expression and the metrics that it is made of. */
function comparisonArgs({ value, periodSeconds: period }: AlarmDefinition) {
  return 'metric' in value
    ? statisticArgs(value, period)
    : {
        metricQueries: [
          { id: 'value', expression: value.expression, label: 'Value', returnData: true },
          ...Object.entries(value.of).map(([id, { metric, statistic }]) => ({
            id,
            metric: { ...metric, period, stat: statistic },
          })),
        ],
      };
}

/** What any alarm of the topic's own account and region has as its ARN. */
function anyAlarmArn(topicArn: string): string {
  const { partition, region, account } = parseArn(topicArn);
  return `arn:${partition}:cloudwatch:${region}:${account}:alarm:*`;
}
