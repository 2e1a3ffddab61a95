import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { Alarms } from '../../infra/components/alarms.ts';
import { Dashboard } from '../../infra/components/dashboard.ts';
import { dashboardBody } from '../../infra/dashboard/dashboard-body.ts';
import type { DashboardBodyArgs } from '../../infra/dashboard/lines.ts';
import { awsMetrics } from './aws-metrics.ts';
import { type Emitted, emittedMetrics } from './emitted-metrics.ts';
import { monitoredResources } from './monitored-resources.ts';
import { allOf, one, type Recording, recordResources } from './record-resources.ts';
import { restrictedValues } from './restricted-values.ts';

const dashboardType = 'aws:cloudwatch/dashboard:Dashboard';
const region = 'eu-west-1';
const metricsNamespace = 'crm-media-sync/test';

const shown: DashboardBodyArgs = {
  region,
  metricsNamespace,
  queue: 'orders',
  deadLetterQueue: 'orders-dead-letters',
  eventDeadLetterQueue: 'events-dead-letters',
  functions: {
    crmChange: { name: 'crm', logGroup: 'crm-logs' },
    taskEvent: { name: 'events', logGroup: 'events-logs' },
    sync: { name: 'worker', logGroup: 'worker-logs' },
  },
  apiId: 'api1a2b3c',
  accessLog: '/aws/vendedlogs/apis/access',
  sources: ['zendesk', 'cases'],
  alarms: ['dead-letters', 'webhook-5xx'].map(
    (name) => `arn:aws:cloudwatch:${region}:123456789012:alarm:${name}`,
  ),
  runbookUrl: 'https://wiki.acme.com/runbook',
};

const Rendering = z.strictObject({
  stat: z.string().optional(),
  id: z.string().optional(),
  label: z.string().optional(),
  visible: z.literal(false).optional(),
  expression: z.string().optional(),
});

/** `[namespace, name, dimension, value, …, rendering]` */
const Line = z
  .array(z.union([z.string(), Rendering]))
  .min(1)
  .transform((parts) => {
    const texts = parts.filter((part) => typeof part === 'string');
    const rendering = Rendering.parse(parts.at(-1));
    const [namespace = '', metricName = '', ...dimensions] = texts;
    return {
      ...rendering,
      namespace,
      metricName,
      dimensions: Object.fromEntries(
        dimensions.flatMap((name, index) =>
          index % 2 === 0 ? [[name, dimensions[index + 1] ?? '']] : [],
        ),
      ),
    };
  });

const place = {
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  width: z.int().min(1).max(24),
  height: z.int().min(1).max(1000),
};

/**
 * As CloudWatch takes it, of what we use.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
const Body = z.strictObject({
  start: z.string().regex(/^-PT?\d+[HDM]$/),
  periodOverride: z.enum(['auto', 'inherit']),
  widgets: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          ...place,
          type: z.literal('text'),
          properties: z.strictObject({ markdown: z.string().min(1) }),
        }),
        z.strictObject({
          ...place,
          type: z.literal('alarm'),
          properties: z.strictObject({
            title: z.string(),
            alarms: z.array(z.string().startsWith('arn:')).min(1).max(100),
          }),
        }),
        z.strictObject({
          ...place,
          type: z.literal('metric'),
          properties: z.strictObject({
            title: z.string().max(255),
            region: z.string(),
            view: z.literal('timeSeries'),
            stacked: z.boolean(),
            period: z.int().min(60).multipleOf(60),
            metrics: z.array(Line).min(1).max(500),
            yAxis: z
              .strictObject({
                left: z.strictObject({
                  min: z.number(),
                  showUnits: z.boolean(),
                  label: z.string().optional(),
                }),
              })
              .optional(),
            annotations: z
              .strictObject({
                horizontal: z.array(z.strictObject({ label: z.string(), value: z.number() })),
              })
              .optional(),
          }),
        }),
      ]),
    )
    .max(500),
});

const read = (body: string) => Body.parse(JSON.parse(body));
const { widgets } = read(dashboardBody(shown));
const graphs = widgets.flatMap((widget) => (widget.type === 'metric' ? [widget.properties] : []));
const lines = graphs.flatMap(({ metrics }) => metrics);
const measured = lines.filter(({ expression }) => expression === undefined);
const texts = widgets.flatMap((widget) =>
  widget.type === 'text' ? [widget.properties.markdown] : [],
);

describe('what the dashboard shows', () => {
  let emitted: Emitted[];
  beforeAll(async () => {
    emitted = await emittedMetrics(metricsNamespace, shown.sources);
  });

  const isSame = (a: object, b: object): boolean =>
    JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

  it('answers four questions, from top to bottom', () => {
    const questions = texts.flatMap((text) => /^# (.+)$/m.exec(text)?.[1] ?? []);
    expect(questions).toEqual(['Links', 'Lag', 'Failures', 'Usage']);
  });

  it('is of our own metrics only such as the functions tell of, with the dimensions that they have', () => {
    const own = measured.filter(({ namespace }) => namespace === metricsNamespace);
    expect(own.length).toBeGreaterThan(30);
    for (const { metricName, dimensions } of own) {
      if (metricName === 'Throttled') expect(dimensions).toEqual({});
      else {
        const found = emitted.filter(
          (metric) => metric.metricName === metricName && isSame(metric.dimensions, dimensions),
        );
        expect(found, `${metricName} ${JSON.stringify(dimensions)}`).not.toEqual([]);
      }
    }
  });

  it('leaves out nothing that the functions tell of, save that which another metric implies', () => {
    const seen = new Set(measured.map(({ metricName }) => metricName));
    const told = new Set(emitted.map(({ metricName }) => metricName));
    expect([...told].filter((name) => !seen.has(name))).toEqual(['Ignored', 'ExpiredLag']);
  });

  it('is of AWS’s metrics only such as there are, each of something of the stack', () => {
    const ofStack = new Set([
      shown.queue,
      shown.deadLetterQueue,
      shown.eventDeadLetterQueue,
      shown.apiId,
      shown.accessLog,
      ...Object.values(shown.functions).flatMap(({ name, logGroup }) => [name, logGroup]),
    ]);
    const ofAws = measured.filter(({ namespace }) => namespace.startsWith('AWS/'));
    for (const { namespace, metricName, dimensions } of ofAws) {
      const known = awsMetrics[namespace];
      expect(known?.names, namespace).toContain(metricName);
      expect(Object.keys(dimensions)).toEqual([known?.dimension]);
      for (const of of Object.values(dimensions)) expect(ofStack).toContain(of);
    }
    expect(measured).toHaveLength(
      ofAws.length + measured.filter(({ namespace }) => namespace === metricsNamespace).length,
    );
  });

  it('has percentiles only of what has them: durations and lags', () => {
    const lags = emitted.filter(({ unit }) => unit === 'Milliseconds');
    const withPercentiles = new Set([
      ...lags.map(({ metricName }) => metricName),
      ...Object.values(awsMetrics).flatMap((known) => known.withPercentiles),
    ]);
    const ranked = measured.filter(({ stat }) => stat?.startsWith('p'));
    expect(ranked.length).toBeGreaterThan(4);
    for (const { metricName } of ranked) expect(withPercentiles).toContain(metricName);
    for (const { metricName, stat } of measured) {
      if (lags.some((lag) => lag.metricName === metricName)) expect(stat).toMatch(/^p\d\d$/);
    }
  });

  it('has each source, where sources are told apart', () => {
    for (const metricName of ['Accepted', 'ClientErrors', 'ServerErrors']) {
      const sources = measured
        .filter((line) => line.metricName === metricName)
        .flatMap(({ dimensions }) => dimensions['source'] ?? []);
      expect(sources).toEqual(shown.sources);
    }
  });

  it('shows every alarm', () => {
    const status = widgets.find(({ type }) => type === 'alarm');
    expect(status?.properties).toMatchObject({ alarms: shown.alarms });
  });

  it('names lines by ids that CloudWatch takes, each once in its graph, and expressions use no others', () => {
    for (const { metrics, title } of graphs) {
      const ids = metrics.flatMap(({ id }) => id ?? []);
      expect(new Set(ids).size, title).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-z][a-zA-Z0-9_]*$/);
      for (const { expression = '' } of metrics) {
        expect(expression.length).toBeLessThan(2048);
        for (const word of expression.match(/[a-zA-Z_]\w*/g) ?? []) {
          expect(ids, `${title}: ${expression}`).toContain(word);
        }
      }
    }
  });

  it('shows something on every graph, and nothing for the sake of expressions alone that none uses', () => {
    for (const { metrics, title } of graphs) {
      expect(
        metrics.some(({ visible }) => visible === undefined),
        title,
      ).toBe(true);
      const expressions = metrics.map(({ expression = '' }) => expression).join(' ');
      const hidden = metrics.filter(({ visible }) => visible === false);
      for (const { id } of hidden) expect(expressions.match(/\w+/g), title).toContain(id);
    }
  });

  it('says of each line of ours what it is, in words', () => {
    for (const { metrics } of graphs) {
      for (const { visible, label } of metrics) {
        if (visible === undefined) expect(label).toMatch(/^\S.+$/);
      }
    }
  });

  it('is of the stack’s region alone, and of no account but by the alarms’ names', () => {
    for (const graph of graphs) expect(graph.region).toBe(region);
    const withoutAlarms = dashboardBody({ ...shown, alarms: ['arn:aws:cloudwatch'] });
    expect(/:\d{12}:/.test(withoutAlarms)).toBe(false);
    const named = new Set(withoutAlarms.match(/\b[a-z]{2}-[a-z]+-\d\b/g));
    expect(named).toEqual(new Set([region]));
  });
});

describe('how the dashboard is laid out', () => {
  it('fits its 24 columns, without a gap in a row and without an overlap', () => {
    const taken = new Map<string, string>();
    for (const { x, y, width, height, type } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1) {
        for (let row = y; row < y + height; row += 1) {
          expect(taken.has(`${column} ${row}`), `${type} at ${x} ${y}`).toBe(false);
          taken.set(`${column} ${row}`, type);
        }
      }
    }
    const rows = Math.max(...widgets.map(({ y, height }) => y + height));
    expect(taken.size).toBe(24 * rows);
  });

  it('is the same each time, and small enough also for a stack with ten sources', () => {
    expect(dashboardBody(shown)).toBe(dashboardBody(structuredClone(shown)));
    const sources = Array.from({ length: 10 }, (_, index) => `source-${index}-${'x'.repeat(20)}`);
    const body = dashboardBody({ ...shown, sources });
    expect(body.length).toBeLessThan(100_000);
    expect(read(body).widgets).toHaveLength(widgets.length);
  });
});

describe('what the dashboard says in words', () => {
  const headings = [
    ...readFileSync(join(repositoryRoot, 'docs/runbook.md'), 'utf8').matchAll(/^#{2,} (.+)$/gm),
  ].map(([, heading]) => heading);

  it('leads to headings that the runbook has', () => {
    const links = texts.flatMap((text) => [...text.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)]);
    expect(links.length).toBeGreaterThan(4);
    for (const [, heading = '', url] of links) {
      expect(headings).toContain(heading);
      const anchor = heading.toLowerCase().replaceAll(',', '').replaceAll(' ', '-');
      expect(url).toBe(`https://wiki.acme.com/runbook#${anchor}`);
    }
  });

  it('has no links where the runbook is no page', () => {
    const body = read(dashboardBody({ ...shown, runbookUrl: 'docs/runbook.md' }));
    const text = JSON.stringify(body.widgets.filter(({ type }) => type === 'text'));
    expect(text).not.toContain('](');
    expect(text).toContain('docs/runbook.md#link-lag-p99');
  });
});

describe('what the dashboard says of usage', () => {
  const used = graphs.slice(-4);

  it('is what AWS bills by use, summed up by the hour', () => {
    expect(used.map(({ title }) => title)).toEqual([
      'Function invocations',
      'Function duration',
      'Queue messages',
      'Log bytes ingested',
    ]);
    for (const { period, metrics } of used) {
      expect(period).toBe(3600);
      for (const { stat } of metrics) expect(stat).toBe('Sum');
    }
  });

  it('is of each function, and of the logs of each and of the API', () => {
    const namesIn = (index: number) =>
      used[index]?.metrics.flatMap(({ dimensions }) => Object.values(dimensions));
    const functions = Object.values(shown.functions);
    expect(namesIn(0)).toEqual(functions.map(({ name }) => name));
    expect(namesIn(1)).toEqual(functions.map(({ name }) => name));
    expect(namesIn(3)).toEqual([...functions.map(({ logGroup }) => logGroup), shown.accessLog]);
  });
});

describe('Dashboard', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      const { key, parts } = monitoredResources();
      const sources = ['zendesk'];
      const alarms = new Alarms('watch', { ...parts, key, webhookSources: sources });
      return { url: new Dashboard('overview', { ...parts, alarms, sources }).url };
    });
  });

  it('is one dashboard, of the name that it has here, with a body that CloudWatch takes', () => {
    const made = allOf(recording, dashboardType);
    expect(made).toHaveLength(1);
    const dashboard = one(recording, dashboardType);
    const { inputs } = dashboard;
    expect(restrictedValues[dashboardType]?.safeParse(dashboard).error?.issues).toBeUndefined();
    expect(inputs['dashboardName']).toBe('overview');
    const alarms = allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm');
    const status = read(String(inputs['dashboardBody'])).widgets.find(
      ({ type }) => type === 'alarm',
    );
    const named = status?.type === 'alarm' ? status.properties.alarms : [];
    expect(named.map((arn) => arn.split(':').at(-1)).toSorted()).toEqual(
      alarms.map(({ name }) => name).toSorted(),
    );
  });

  it('shows what there is, by the names that it was given', () => {
    const { inputs } = one(recording, dashboardType);
    const body = read(String(inputs['dashboardBody']));
    const names = body.widgets.flatMap((widget) =>
      widget.type === 'metric'
        ? widget.properties.metrics.flatMap(({ dimensions }) => Object.values(dimensions))
        : [],
    );
    expect(new Set(names)).toEqual(
      new Set([
        'orders-0a1b2c3',
        'orders-dead-letters-0a1b2c3',
        'events-dead-letters-0a1b2c3',
        'api-id',
        'crm-change-0a1b2c3',
        'task-event-0a1b2c3',
        'sync-0a1b2c3',
        'crm-change-logs-0a1b2c3',
        'task-event-logs-0a1b2c3',
        'sync-logs-0a1b2c3',
        '/aws/vendedlogs/apis/access-0a1b2c3',
        'crm-change',
        'task-event',
        'sync',
        'zendesk',
      ]),
    );
  });

  it('tells where it is shown', () => {
    expect(recording.outputs['url']).toBe(
      'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/overview',
    );
  });
});
