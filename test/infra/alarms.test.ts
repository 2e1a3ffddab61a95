import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { Alarms } from '../../infra/components/alarms.ts';
import { finishedTaskTtlSeconds, maxDelaySeconds } from '../../shared/config/limits.ts';
import type { DeadLetterReason } from '../../shared/sync/types.ts';
import {
  allOf,
  one,
  type Registered,
  recordResources,
} from '../../tools/engine/record-resources.ts';
import { compileExpression } from '../../tools/evaluate-alarm.ts';
import { type Emitted, emittedMetrics, sameMetric } from './emitted-metrics.ts';
import { monitoredResources } from './monitored-resources.ts';

const alarmType = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const filterType = 'aws:cloudwatch/logMetricFilter:LogMetricFilter';
const sources = ['zendesk', 'forms'];

const recording = await recordResources(() => {
  const { key, parts } = monitoredResources();
  new Alarms('watch', { ...parts, key, webhookSources: sources });
});

const alarms = (): Registered[] => allOf(recording, alarmType);
const alarm = (heading: string) => one(recording, alarmType, `watch-${heading}`).inputs;

interface Watched extends Pick<Emitted, 'namespace' | 'metricName' | 'dimensions'> {
  readonly id: string;
  readonly period: number;
  readonly statistic: string;
}

/** The metrics of an alarm, each with its statistic. */
const metricsOf = (inputs: Registered['inputs']): Watched[] => {
  const { metricQueries, statistic, extendedStatistic, ...one } = Object(inputs);
  return metricQueries === undefined
    ? [{ id: '', ...one, statistic: statistic ?? extendedStatistic }]
    : [metricQueries].flat().flatMap(({ id, metric }) => {
        return metric === undefined ? [] : [{ id, ...metric, statistic: metric.stat }];
      });
};

describe('Alarms', () => {
  it('are one for each thing that the runbook describes, and one for each source that sends webhooks', () => {
    expect(alarms()).toHaveLength(29 + 2 * sources.length);
    const keptWithoutData = ['watch-nothing-linked', 'watch-task-events-stopped'];
    for (const { name, inputs } of alarms()) {
      expect(inputs).toMatchObject({
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        treatMissingData: keptWithoutData.includes(name) ? 'ignore' : 'notBreaching',
      });
    }
  });

  const sqs = {
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    statistic: 'Maximum',
  };
  const once = { threshold: 1, datapointsToAlarm: 1 };
  const lambda = { namespace: 'AWS/Lambda', metricName: 'Errors', statistic: 'Sum', period: 300 };

  it.each<[string, object, object]>([
    [
      'dead-letters: within a minute of one message, and once while a command reads the queue',
      { ...sqs, dimensions: { QueueName: 'orders-dead-letters-0a1b2c3' } },
      { ...once, period: 60, evaluationPeriods: 5 },
    ],
    [
      'event-dead-letters: the same',
      { ...sqs, dimensions: { QueueName: 'events-dead-letters-0a1b2c3' } },
      { ...once, period: 60, evaluationPeriods: 5 },
    ],
    [
      'dead-letters-expiring: three days before SQS deletes a dead letter',
      {
        ...sqs,
        metricName: 'ApproximateAgeOfOldestMessage',
        dimensions: { QueueName: 'orders-dead-letters-0a1b2c3' },
      },
      { threshold: 11 * 86_400 },
    ],
    [
      'twilio-unauthorized: at the first 401, and it stays on between sparse retries',
      { metricName: 'Unauthorized', statistic: 'Sum' },
      { ...once, period: 60, evaluationPeriods: 15 },
    ],
    [
      'taskrouter-circuit-open: in an outage, not after one or two minutes of failures',
      { metricName: 'CircuitOpened', statistic: 'Sum' },
      { period: 60, threshold: 1, datapointsToAlarm: 3, evaluationPeriods: 10 },
    ],
    [
      'tickets-expired: for tickets that came while their Task still existed',
      { metricName: 'ExpiredLag', statistic: 'Maximum' },
      { period: 300, threshold: finishedTaskTtlSeconds * 1000 },
    ],
    [
      'link-lag-p99: after half an hour with a p99 of half the lifetime of a completed Task',
      { metricName: 'ProcessingLag', extendedStatistic: 'p99' },
      {
        period: 900,
        threshold: (finishedTaskTtlSeconds * 1000) / 2,
        datapointsToAlarm: 2,
        evaluationPeriods: 2,
      },
    ],
    ...['sync', 'crm-change', 'task-event'].map((name): [string, object, object] => [
      `${name}-errors: at one error`,
      { ...lambda, dimensions: { FunctionName: `${name}-0a1b2c3` } },
      { threshold: 1 },
    ]),
  ])('%s', (title, metric, when) => {
    expect(alarm(title.split(':')[0] ?? '')).toMatchObject({ ...metric, ...when });
  });

  const watchedBy = (heading: string, dimension: string) =>
    metricsOf(alarm(heading)).map(
      ({ metricName, dimensions }) => `${metricName} ${dimensions[dimension]}`,
    );

  it('queue-backlog goes off for messages that are older than the longest delay of ours', () => {
    const { threshold } = alarm('queue-backlog');
    expect(watchedBy('queue-backlog', 'QueueName')).toEqual(
      ['changes', 'lookups'].map((name) => `ApproximateAgeOfOldestMessage orders-${name}-0a1b2c3`),
    );
    expect(threshold).toBeGreaterThan(maxDelaySeconds + 60);
    expect(threshold).toBeLessThan(maxDelaySeconds + 900);
  });

  it('lambda-throttles goes off for any function, if the throttling lasts', () => {
    const { threshold, datapointsToAlarm, evaluationPeriods } = alarm('lambda-throttles');
    expect([threshold, datapointsToAlarm, evaluationPeriods]).toEqual([1, 2, 3]);
    expect(watchedBy('lambda-throttles', 'FunctionName')).toEqual(
      ['crm-change', 'task-event', 'sync'].map((name) => `Throttles ${name}-0a1b2c3`),
    );
  });

  it('webhook-throttled counts the 429 responses of API Gateway, except those of the default route', () => {
    const { inputs } = one(recording, filterType);
    expect(inputs).toMatchObject({
      logGroupName: '/aws/vendedlogs/apis/access-0a1b2c3',
      pattern: '{ $.status = "429" && $.integrationStatus != "200" && $.routeKey != "$default" }',
    });
    const { namespace, name } = Object(inputs['metricTransformation']);
    expect(alarm('webhook-throttled')).toMatchObject({
      namespace,
      metricName: name,
      statistic: 'Sum',
      threshold: 10,
      dimensions: {},
    });
  });
});

const namespace = 'crm-media-sync/test';
const emitted = await emittedMetrics(namespace, sources);

describe('the metrics of the alarms', () => {
  const ours = () =>
    alarms().flatMap((alarm) =>
      metricsOf(alarm.inputs)
        .filter((metric) => metric.namespace === namespace && metric.metricName !== 'Throttled')
        .map((metric) => ({ ...metric, alarm })),
    );
  const valuesOf = (metric: Watched): readonly number[] =>
    sameMetric(emitted, metric).flatMap(({ values }) => values);

  it('are metrics that the functions publish, with the same namespace and dimensions', () => {
    expect(ours().length).toBeGreaterThan(5);
    for (const metric of ours()) {
      expect(valuesOf(metric), `${metric.alarm.name} ${metric.metricName}`).not.toEqual([]);
    }
    expect(new Set(emitted.map((metric) => metric.namespace))).toEqual(new Set([namespace]));
  });

  it('reach the threshold in the situation of the alarm', () => {
    for (const heading of ['twilio-unauthorized', 'taskrouter-circuit-open', 'tickets-expired']) {
      const [metric] = metricsOf(alarm(heading));
      if (metric === undefined) throw new Error(`${heading} has no metric`);
      expect(Math.max(...valuesOf(metric)), heading).toBe(alarm(heading)['threshold']);
    }
  });

  describe('in expressions', () => {
    const goesOff = (heading: string, values: Readonly<Record<string, number>>): boolean => {
      const { metricQueries, threshold } = Object(alarm(heading));
      const ids = metricsOf(alarm(heading)).map(({ id }) => id);
      expect(new Set(ids)).toEqual(new Set(Object.keys(values)));
      return Number(compileExpression(metricQueries[0].expression, ids)(values)) >= threshold;
    };
    const rejectedOf = (rejected: number, of: number) => ({ rejected, share: rejected / of });

    it.each(['webhook-4xx-zendesk', 'webhook-4xx-forms', 'task-event-4xx'])(
      '%s goes off after the secret changed, even with one webhook every five minutes',
      (heading) => {
        const rejecting = (rejected: number, requests: number) =>
          goesOff(heading, rejectedOf(rejected, requests));
        expect([rejecting(6, 6), rejecting(30, 30), rejecting(200, 1000)]).not.toContain(false);
        expect([rejecting(1, 1), rejecting(0, 100), rejecting(100, 1000)]).not.toContain(true);
        expect(alarm(heading)).toMatchObject({ datapointsToAlarm: 1, evaluationPeriods: 1 });
      },
    );

    it('are computed from metrics that count 0 or 1 for each request', () => {
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

    it.each(['webhook-none-accepted-zendesk', 'webhook-none-accepted-forms'])(
      '%s goes off if all of three requests or more were rejected within six hours',
      (heading) => {
        expect(goesOff(heading, rejectedOf(3, 3))).toBe(true);
        expect(goesOff(heading, rejectedOf(50, 50))).toBe(true);
        expect(goesOff(heading, rejectedOf(2, 2))).toBe(false);
        expect(goesOff(heading, rejectedOf(50, 51))).toBe(false);
        for (const { period } of metricsOf(alarm(heading))) expect(period).toBe(6 * 3600);
      },
    );

    it('webhook-5xx goes off at one request in a hundred, if there are three or more', () => {
      const failing = (failed: number, requests: number) =>
        goesOff('webhook-5xx', { failed, requests });
      expect([failing(3, 3), failing(3, 300), failing(120, 12_000)]).toEqual([true, true, true]);
      expect([failing(2, 2), failing(5, 12_000), failing(0, 9)]).toEqual([false, false, false]);
      for (const { namespace, dimensions } of metricsOf(alarm('webhook-5xx'))) {
        expect([namespace, dimensions]).toEqual(['AWS/ApiGateway', { ApiId: 'api-id' }]);
      }
    });
  });
});

describe('the runbook', () => {
  /** The anchor of a heading, as GitHub makes it. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');

  const page = readFileSync(join(repositoryRoot, 'docs/runbook.md'), 'utf8');
  const anchors = [...page.matchAll(/^#{2,} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

  it('has a heading for each alarm, to which the description of the alarm links', () => {
    for (const { inputs } of alarms()) {
      const [, meaning, anchor] =
        /^(.+\.) docs\/runbook\.md#(\S+)$/.exec(String(inputs['alarmDescription'])) ?? [];
      expect(meaning?.match(/[.](?: |$)/g)?.length, meaning).toBeLessThanOrEqual(3);
      expect(anchors.filter((each) => each === anchor)).toHaveLength(1);
      const name = String(inputs['name']).replace('watch-', '');
      const isVariant = /^(event-)?dead-letters-|^tickets-unmatched-4h$/.test(name);
      const names = [anchor, ...sources.map((source) => `${anchor}-${source}`)];
      if (isVariant) expect(name).toMatch(new RegExp(`^${anchor}`));
      else expect(names).toContain(name);
    }
  });

  it('has a row for each reason of a dead letter, which has an alarm that speaks again after an hour', () => {
    const reasons: Record<DeadLetterReason, true> = {
      'taskrouter-unavailable': true,
      'taskrouter-invalid-response': true,
      unauthorized: true,
      crashed: true,
      'sync-did-not-finish': true,
      'attributes-full': true,
      'attributes-unreadable': true,
      'twilio-bad-request': true,
      'invalid-message': true,
    };
    for (const reason of Object.keys(reasons)) {
      expect(page).toContain(`\n\`${reason}\` |`);
      const metric = { metricName: `DeadLettered-${reason}`, statistic: 'Sum', threshold: 1 };
      const when = { period: 60, datapointsToAlarm: 1, evaluationPeriods: 60 };
      expect(alarm(`dead-letters-${reason}`)).toMatchObject({ ...metric, ...when });
    }
  });
});
