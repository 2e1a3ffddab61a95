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
import type { AlarmDefinition, MetricStatistic } from '../alarms/alarm.ts';
import { alarmDefinitions } from '../alarms/all-alarms.ts';
import { nameFromArn, parseArn } from '../arn.ts';
import { throttledRequestsMetric } from '../metrics.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { EventDeadLetterQueue } from './event-bridge.ts';
import type { NodeFunction } from './node-function.ts';
import type { SyncQueues } from './sync-queues.ts';
import type { AccessLog, WebhookApi } from './webhook-api.ts';

interface AlarmsArgs extends MonitoredResources {
  /** Encrypts only the topic: if the key of the stack is disabled, alarms must still arrive. */
  key: EncryptionKey;
  /** The sources that send webhooks. */
  webhookSources: readonly string[];
  /** Email address that subscribes to the topic. Default: none. */
  email?: string | undefined;
}

/** The alarms of a stack, and the SNS topic that each publishes to when it starts and when it ends. */
export class Alarms extends ComponentResource {
  readonly topicArn: Output<string>;
  /** ARNs of all alarms. */
  readonly arns: readonly Output<string>[];

  constructor(name: string, args: AlarmsArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:Alarms', name, {}, options);

    const definitions = alarmDefinitions({
      queues: { changes: args.queues.changes.name, lookups: args.queues.lookups.name },
      deadLetterQueue: args.queues.deadLetters.name,
      eventDeadLetterQueue: nameFromArn(args.eventDeadLetters.arn),
      crmChange: args.crmChange.name,
      taskEvent: args.taskEvent.name,
      sync: args.sync.name,
      apiId: args.api.apiId,
      sources: args.webhookSources,
      metricsNamespace: args.metricsNamespace,
    });
    const alarmNames = Object.keys(definitions).map((alarmName) => `${name}-${alarmName}`);

    // CloudWatch alarms may not use the AWS managed key of SNS: with it, no alarm would arrive.
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
              Sid: 'DenyInsecureTransport',
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
              Condition: {
                ArnEquals: {
                  'aws:SourceArn': topic.arn.apply((arn) => alarmArns(arn, alarmNames)),
                },
              },
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

    const alarms = Object.entries(definitions).map(([alarmName, definition]) => {
      const {
        description,
        threshold,
        runbookAnchor = alarmName,
        periods: [count, of] = [1, 1],
        keepsWithoutData = false,
      } = definition;
      return new MetricAlarm(
        `${name}-${alarmName}`,
        {
          // This name has no suffix of Pulumi, because operators and tools find alarms by name.
          name: `${name}-${alarmName}`,
          alarmDescription: `${description} ${args.runbookUrl}#${runbookAnchor}`,
          ...comparisonArgs(definition),
          comparisonOperator: 'GreaterThanOrEqualToThreshold',
          threshold,
          datapointsToAlarm: count,
          evaluationPeriods: of,
          treatMissingData: keepsWithoutData ? 'ignore' : 'notBreaching',
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
   * Counts requests that get 429 from API Gateway on the routes of webhooks and Twilio events. The functions do not
   * see these requests. If a function itself returns 429, the status of the integration is still Lambda's own, 200.
   * The `$default` route is left out, because scans from the internet arrive there.
   * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
   */
  private countThrottledRequests(name: string, { accessLog, metricsNamespace }: AlarmsArgs): void {
    const { metricName, namespace } = throttledRequestsMetric(metricsNamespace);
    new LogMetricFilter(
      `${name}-requests-throttled`,
      {
        logGroupName: nameFromArn(accessLog.arn),
        pattern: '{ $.status = "429" && $.integrationStatus != "200" && $.routeKey != "$default" }',
        metricTransformation: { namespace, name: metricName, value: '1', unit: 'Count' },
      },
      { parent: this },
    );
  }
}

/** The resources that the alarms and the dashboard are about. */
export interface MonitoredResources {
  queues: SyncQueues;
  eventDeadLetters: EventDeadLetterQueue;
  crmChange: NodeFunction;
  taskEvent: NodeFunction;
  sync: NodeFunction;
  api: WebhookApi;
  accessLog: AccessLog;
  /** CloudWatch namespace of the metrics that the functions publish. */
  metricsNamespace: string;
  /** The page with a heading for each alarm. */
  runbookUrl: string;
}

/** The provider needs percentiles as `extendedStatistic`, and all other statistics as `statistic`. */
function statisticArgs({ metric, statistic }: MetricStatistic, period: number) {
  return {
    ...metric,
    period,
    ...(statistic === 'p99' ? { extendedStatistic: statistic } : { statistic }),
  };
}

/** The value that the alarm compares with its threshold: a metric, or an expression of metrics. */
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

/** The ARNs of alarms in the account and region of the topic. Other stacks and teams have alarms there too. */
function alarmArns(topicArn: string, names: readonly string[]): string[] {
  const { partition, region, account } = parseArn(topicArn);
  return names.map((name) => `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`);
}
