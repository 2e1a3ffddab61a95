import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { Alarms } from '../../infra/components/alarms.ts';
import type { DeadLetterReason } from '../../lambdas/sync/types.ts';
import { finishedTaskTtlSeconds, maxDelaySeconds } from '../../shared/config/limits.ts';
import { type Emitted, emittedMetrics } from './emitted-metrics.ts';
import { monitoredResources } from './monitored-resources.ts';
import {
  allOf,
  one,
  type Recording,
  type Registered,
  recordResources,
} from './record-resources.ts';
import { restrictedValues } from './restricted-values.ts';
import { keyArn } from './surroundings.ts';

const alarmType = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const filterType = 'aws:cloudwatch/logMetricFilter:LogMetricFilter';
const topicType = 'aws:sns/topic:Topic';
const topicArn = 'arn:aws:sns:eu-west-1:123456789012:watch-0a1b2c3';
const sources = ['zendesk', 'forms'];

const build = (settings: { readonly email?: string } = {}, runbookUrl?: string) => {
  const { key, parts } = monitoredResources(runbookUrl);
  return new Alarms('watch', { ...parts, key, webhookSources: sources, ...settings });
};

let recording: Recording;
beforeAll(async () => {
  recording = await recordResources(() => {
    const { topicArn, arns } = build();
    return { topicArn, arns };
  });
});

const alarms = (): Registered[] => allOf(recording, alarmType);
const alarm = (heading: string) => one(recording, alarmType, `watch-${heading}`).inputs;

interface Watched {
  readonly id: string;
  readonly period: number;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

/** The metrics that an alarm goes by, with what is made of each. */
const metricsOf = (inputs: Registered['inputs']): Watched[] => {
  const { metricQueries, statistic, extendedStatistic, ...one } = Object(inputs);
  return metricQueries === undefined
    ? [{ id: '', ...one, statistic: statistic ?? extendedStatistic }]
    : [metricQueries].flat().flatMap(({ id, metric }) => {
        return metric === undefined ? [] : [{ id, ...metric, statistic: metric.stat }];
      });
};

describe('Alarms', () => {
  it.each([
    ['dead-letters', 'orders-dead-letters-0a1b2c3'],
    ['event-dead-letters', 'events-dead-letters-0a1b2c3'],
  ])(
    '%s tells of a single message within a minute, and once while somebody looks into the queue',
    (heading, QueueName) => {
      expect(alarm(heading)).toMatchObject({
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName },
        statistic: 'Maximum',
        period: 60,
        threshold: 1,
        datapointsToAlarm: 1,
        evaluationPeriods: 5,
      });
    },
  );

  it('twilio-unauthorized tells of the first refusal, and stays on between sparse tries', () => {
    expect(alarm('twilio-unauthorized')).toMatchObject({
      metricName: 'Unauthorized',
      statistic: 'Sum',
      period: 60,
      threshold: 1,
      datapointsToAlarm: 1,
      evaluationPeriods: 15,
    });
  });

  it('taskrouter-circuit-open tells of an outage, not of a hiccup of a minute or two', () => {
    expect(alarm('taskrouter-circuit-open')).toMatchObject({
      metricName: 'CircuitOpened',
      statistic: 'Sum',
      period: 60,
      threshold: 1,
      datapointsToAlarm: 3,
      evaluationPeriods: 10,
    });
  });

  it('queue-backlog tells of messages older than any that was only held back', () => {
    const { threshold, ...inputs } = alarm('queue-backlog');
    expect(inputs).toMatchObject({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateAgeOfOldestMessage',
      dimensions: { QueueName: 'orders-0a1b2c3' },
      statistic: 'Maximum',
      period: 60,
    });
    expect(threshold).toBeGreaterThan(maxDelaySeconds + 60);
    expect(threshold).toBeLessThan(maxDelaySeconds + 900);
  });

  it('tickets-expired tells of tickets that were under way while their Task still lived', () => {
    expect(alarm('tickets-expired')).toMatchObject({
      metricName: 'ExpiredLag',
      statistic: 'Maximum',
      period: 300,
      threshold: finishedTaskTtlSeconds * 1000,
    });
  });

  it.each([
    ['sync-errors', 'sync'],
    ['crm-change-errors', 'crm-change'],
    ['task-event-errors', 'task-event'],
  ])('%s tells of an error of that function', (heading, service) => {
    expect(alarm(heading)).toMatchObject({
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensions: { FunctionName: `${service}-0a1b2c3` },
      statistic: 'Sum',
      period: 300,
      threshold: 1,
    });
  });

  it('link-lag-p99 tells of half an hour in which the slowest take half as long as a finished Task lives', () => {
    expect(alarm('link-lag-p99')).toMatchObject({
      metricName: 'ProcessingLag',
      extendedStatistic: 'p99',
      period: 900,
      threshold: (finishedTaskTtlSeconds * 1000) / 2,
      datapointsToAlarm: 2,
      evaluationPeriods: 2,
    });
    expect(alarm('link-lag-p99')).not.toHaveProperty('statistic');
  });

  it('lambda-throttles tells of any of the three, where it lasts', () => {
    const { threshold, datapointsToAlarm, evaluationPeriods } = alarm('lambda-throttles');
    expect([threshold, datapointsToAlarm, evaluationPeriods]).toEqual([1, 2, 3]);
    const functions = metricsOf(alarm('lambda-throttles')).map(({ metricName, dimensions }) => [
      metricName,
      dimensions['FunctionName'],
    ]);
    expect(functions).toEqual(
      ['crm-change', 'task-event', 'sync'].map((name) => ['Throttles', `${name}-0a1b2c3`]),
    );
  });

  it('webhook-throttled tells of requests that the API itself refuses, save those at paths that nobody has', () => {
    const { inputs } = one(recording, filterType);
    expect(inputs).toMatchObject({
      logGroupName: '/aws/vendedlogs/apis/access-0a1b2c3',
      pattern: '{ $.status = "429" && $.routeKey != "$default" }',
    });
    const { namespace, name } = Object(inputs['metricTransformation']);
    expect(alarm('webhook-throttled')).toMatchObject({
      namespace,
      metricName: name,
      statistic: 'Sum',
      threshold: 10,
      dimensions: {},
    });
    expect(
      restrictedValues[filterType]?.safeParse(one(recording, filterType)).error?.issues,
    ).toBeUndefined();
  });

  it('goes to the topic with all of them, when they begin and when they end, and with no data is quiet', () => {
    expect(alarms()).toHaveLength(16);
    for (const { inputs } of alarms()) {
      expect(inputs).toMatchObject({
        alarmActions: [topicArn],
        okActions: [topicArn],
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        treatMissingData: 'notBreaching',
      });
    }
    expect(recording.outputs['topicArn']).toBe(topicArn);
  });

  it('tells their ARNs, for those who show them', () => {
    expect(recording.outputs['arns']).toHaveLength(alarms().length);
  });

  it('gives each alarm the name that it has here, for those who look for it by its beginning', () => {
    for (const { name, inputs } of alarms()) expect(inputs['name']).toBe(name);
  });

  it('has only values that AWS takes', () => {
    for (const resource of alarms()) {
      expect(
        restrictedValues[alarmType]?.safeParse(resource).error?.issues,
        resource.name,
      ).toBeUndefined();
    }
  });
});

describe('the metrics of the alarms', () => {
  const namespace = 'crm-media-sync/test';
  let emitted: Emitted[];
  beforeAll(async () => {
    emitted = await emittedMetrics(namespace, sources);
  });

  const ours = () =>
    alarms().flatMap((alarm) =>
      metricsOf(alarm.inputs)
        .filter((metric) => metric.namespace === namespace && metric.metricName !== 'Throttled')
        .map((metric) => ({ ...metric, alarm })),
    );
  const valuesOf = ({ metricName, dimensions }: Watched): readonly number[] =>
    emitted
      .filter((metric) => metric.metricName === metricName)
      .filter((metric) => isSame(metric.dimensions, dimensions))
      .flatMap(({ values }) => values);
  const isSame = (one: object, other: object): boolean =>
    JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

  it('are such as the functions tell of, with the same namespace and dimensions', () => {
    expect(ours().length).toBeGreaterThan(5);
    for (const metric of ours()) {
      expect(valuesOf(metric), `${metric.alarm.name} ${metric.metricName}`).not.toEqual([]);
    }
    expect(new Set(emitted.map((metric) => metric.namespace))).toEqual(new Set([namespace]));
  });

  it('come to what the alarm takes for too much when the world is as it says', () => {
    for (const heading of ['twilio-unauthorized', 'taskrouter-circuit-open', 'tickets-expired']) {
      const [metric] = metricsOf(alarm(heading));
      if (metric === undefined) throw new Error(`${heading} goes by nothing`);
      expect(Math.max(...valuesOf(metric)), heading).toBe(alarm(heading)['threshold']);
    }
  });

  it('have the namespace that the functions are told', () => {
    for (const service of ['sync', 'crm-change', 'task-event']) {
      const { environment } = one(recording, 'aws:lambda/function:Function', service).inputs;
      expect(environment).toEqual({
        variables: {
          NODE_OPTIONS: '--enable-source-maps',
          POWERTOOLS_SERVICE_NAME: service,
          POWERTOOLS_METRICS_NAMESPACE: namespace,
        },
      });
    }
  });

  describe('of shares', () => {
    /** What an expression comes to: ours are made of what JavaScript has as well, and `IF`. */
    const evaluate = (expression: string, values: Readonly<Record<string, number>>): number => {
      const compute = new Function('IF', ...Object.keys(values), `return ${expression};`);
      const choose = (condition: boolean, one: number, other: number) => (condition ? one : other);
      return Number(compute(choose, ...Object.values(values)));
    };
    const isTooMuch = (heading: string, values: Readonly<Record<string, number>>): boolean => {
      const { metricQueries, threshold } = Object(alarm(heading));
      const known = new Set(metricsOf(alarm(heading)).map(({ id }) => id));
      expect(known).toEqual(new Set(Object.keys(values)));
      return evaluate(metricQueries[0].expression, values) >= threshold;
    };
    const rejectedOf = (rejected: number, requests: number) => ({
      rejected,
      share: rejected / requests,
    });

    it.each(['webhook-4xx-zendesk', 'webhook-4xx-forms', 'task-event-4xx'])(
      '%s tells of a secret that was changed, also where there is a webhook every five minutes',
      (heading) => {
        expect(isTooMuch(heading, rejectedOf(6, 6))).toBe(true);
        expect(isTooMuch(heading, rejectedOf(30, 30))).toBe(true);
        expect(isTooMuch(heading, rejectedOf(200, 1000))).toBe(true);
        expect(isTooMuch(heading, rejectedOf(1, 1))).toBe(false);
        expect(isTooMuch(heading, rejectedOf(0, 100))).toBe(false);
        expect(isTooMuch(heading, rejectedOf(100, 1000))).toBe(false);
        expect(alarm(heading)).toMatchObject({ datapointsToAlarm: 1, evaluationPeriods: 1 });
      },
    );

    it('are taken of refusals that count 0 or 1 for each request of a source that there is', () => {
      for (const heading of ['webhook-4xx-zendesk', 'task-event-4xx']) {
        const metrics = metricsOf(alarm(heading));
        expect(metrics.map(({ id, statistic, period }) => [id, statistic, period])).toEqual([
          ['rejected', 'Sum', 1800],
          ['share', 'Average', 1800],
        ]);
        for (const metric of metrics) expect(valuesOf(metric).toSorted()).toEqual([0, 1]);
      }
      const watched = ours().flatMap(({ dimensions }) => dimensions['source'] ?? []);
      expect(new Set(watched)).toEqual(new Set(sources));
    });

    it('webhook-5xx tells of one request in a hundred, and not of one or two', () => {
      const failing = (failed: number, requests: number) =>
        isTooMuch('webhook-5xx', { failed, requests });
      expect([failing(3, 3), failing(3, 300), failing(120, 12_000)]).toEqual([true, true, true]);
      expect([failing(2, 2), failing(5, 12_000), failing(0, 9)]).toEqual([false, false, false]);
      for (const { namespace, dimensions } of metricsOf(alarm('webhook-5xx'))) {
        expect([namespace, dimensions]).toEqual(['AWS/ApiGateway', { ApiId: 'api-id' }]);
      }
    });
  });
});

describe('the runbook', () => {
  /** As GitHub makes anchors of headings. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');

  const page = readFileSync(join(repositoryRoot, 'docs/runbook.md'), 'utf8');
  const anchors = [...page.matchAll(/^#{2,} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

  it('has one heading for each alarm, which its description ends with, and which its name ends with', () => {
    for (const { inputs } of alarms()) {
      const [, meaning, anchor] =
        /^(.+\.) docs\/runbook\.md#(\S+)$/.exec(String(inputs['alarmDescription'])) ?? [];
      expect(meaning?.match(/[.](?: |$)/g)?.length, meaning).toBeLessThanOrEqual(3);
      expect(anchors.filter((each) => each === anchor)).toHaveLength(1);
      const names = [anchor, ...sources.map((source) => `${anchor}-${source}`)];
      expect(names.map((each) => `watch-${each}`)).toContain(inputs['name']);
    }
  });

  it('tells of each reason that a dead letter may have', () => {
    const reasons: Record<DeadLetterReason | 'sync-did-not-finish', true> = {
      'taskrouter-unavailable': true,
      unauthorized: true,
      crashed: true,
      'sync-did-not-finish': true,
      'attributes-full': true,
      'attributes-unreadable': true,
      'twilio-bad-request': true,
      'invalid-message': true,
    };
    for (const reason of Object.keys(reasons)) expect(page).toContain(`\n| \`${reason}\` |`);
  });

  it('is where the stack says that it is', async () => {
    const url = 'https://wiki.acme.com/runbook';
    const elsewhere = await recordResources(() => {
      build({}, url);
    });
    for (const { inputs } of allOf(elsewhere, alarmType)) {
      expect(inputs['alarmDescription']).toMatch(
        /\. https:\/\/wiki\.acme\.com\/runbook#[a-z0-9-]+$/,
      );
    }
  });
});

describe('the topic', () => {
  it('takes what this account’s alarms tell, and nothing over plain HTTP', () => {
    const { inputs } = one(recording, 'aws:sns/topicPolicy:TopicPolicy');
    expect(inputs['arn']).toBe(topicArn);
    expect(JSON.parse(String(inputs['policy'])).Statement).toEqual([
      {
        Sid: 'DenyInsecureTransport',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: topicArn,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'Alarms',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topicArn,
        Condition: {
          ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*' },
        },
      },
    ]);
  });

  it('is encrypted with the key of the stack, as alarms may not use that of AWS', () => {
    expect(one(recording, topicType).inputs['kmsMasterKeyId']).toBe(keyArn);
  });

  it('tells an address where the stack has one, and nobody else', async () => {
    const type = 'aws:sns/topicSubscription:TopicSubscription';
    expect(allOf(recording, type)).toEqual([]);
    const told = await recordResources(() => {
      build({ email: 'oncall@acme.com' });
    });
    expect(one(told, type).inputs).toEqual({
      topic: topicArn,
      protocol: 'email',
      endpoint: 'oncall@acme.com',
    });
  });
});
