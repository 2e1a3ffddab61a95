import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DashboardBody } from '../../fixtures/aws/dashboard.ts';
import { awsMetrics } from '../../fixtures/aws/metrics.ts';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { Alarms } from '../../infra/components/alarms.ts';
import { Dashboard } from '../../infra/components/dashboard.ts';
import { dashboardBody } from '../../infra/dashboard/dashboard-body.ts';
import type { DashboardBodyArgs } from '../../infra/dashboard/widgets.ts';
import { allOf, one, recordResources } from '../../tools/engine/record-resources.ts';
import { emittedMetrics, sameMetric } from './emitted-metrics.ts';
import { monitoredResources } from './monitored-resources.ts';

const region = 'eu-west-1';
const metricsNamespace = 'crm-media-sync/test';

const shown: DashboardBodyArgs = {
  region,
  metricsNamespace,
  queues: { changes: 'orders', lookups: 'searches' },
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

const read = (body: string) => DashboardBody.parse(JSON.parse(body));
const { widgets } = read(dashboardBody(shown));
const graphs = widgets.flatMap((widget) => (widget.type === 'metric' ? [widget.properties] : []));
const lines = graphs.flatMap(({ metrics }) => metrics);
const measured = lines.filter(({ expression }) => expression === undefined);
const texts = widgets.flatMap((widget) =>
  widget.type === 'text' ? [widget.properties.markdown] : [],
);

const emitted = await emittedMetrics(metricsNamespace, shown.sources);

describe('what the dashboard shows', () => {
  it('has four parts', () => {
    const parts = texts.flatMap((text) => /^# (.+)$/m.exec(text)?.[1] ?? []);
    expect(parts).toEqual(['Links', 'Lag', 'Failures', 'Usage']);
  });

  it('shows only own metrics that the functions publish, with their dimensions', () => {
    const own = measured.filter(({ namespace }) => namespace === metricsNamespace);
    expect(own.length).toBeGreaterThan(30);
    for (const line of own) {
      if (line.metricName === 'Throttled') expect(line.dimensions).toEqual({});
      else expect(sameMetric(emitted, line), JSON.stringify(line)).not.toEqual([]);
    }
  });

  it('shows all metrics that the functions publish, except three that others imply', () => {
    const seen = new Set(measured.map(({ metricName }) => metricName));
    const reported = new Set(emitted.map(({ metricName }) => metricName));
    expect([...reported.difference(seen)]).toEqual(['Ignored', 'ExpiredLag', 'RetryAge']);
  });

  it('shows only existing metrics of AWS, each about a resource of the stack', () => {
    const ofStack = new Set([
      ...Object.values(shown.queues),
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

  it('shows percentiles of durations and lags only', () => {
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

  it('has a line for each source in graphs by source', () => {
    for (const metricName of ['Accepted', 'ClientErrors', 'ServerErrors']) {
      const sources = measured
        .filter((line) => line.metricName === metricName)
        .flatMap(({ dimensions }) => dimensions['source'] ?? []);
      expect(sources).toEqual(shown.sources);
    }
  });

  it('has each id once in a graph, and expressions use no others', () => {
    for (const { metrics, title } of graphs) {
      const ids = metrics.flatMap(({ id }) => id ?? []);
      expect(new Set(ids).size, title).toBe(ids.length);
      for (const { expression = '' } of metrics) {
        for (const word of expression.match(/[a-zA-Z_]\w*/g) ?? []) {
          expect(ids, `${title}: ${expression}`).toContain(word);
        }
      }
    }
  });

  it('has a visible line in every graph, each with a label, and hidden lines only for expressions', () => {
    for (const { metrics, title } of graphs) {
      const shownLines = metrics.filter(({ visible }) => visible === undefined);
      expect(shownLines, title).not.toEqual([]);
      for (const { label } of shownLines) expect(label).toMatch(/^\S.+$/);
      const expressions = metrics.map(({ expression = '' }) => expression).join(' ');
      const hidden = metrics.filter(({ visible }) => visible === false);
      for (const { id } of hidden) expect(expressions.match(/\w+/g), title).toContain(id);
    }
  });

  it('names no region but that of the stack, and no account except in the ARNs of the alarms', () => {
    for (const graph of graphs) expect(graph.region).toBe(region);
    const withoutAlarms = dashboardBody({ ...shown, alarms: ['arn:aws:cloudwatch'] });
    expect(/:\d{12}:/.test(withoutAlarms)).toBe(false);
    const named = new Set(withoutAlarms.match(/\b[a-z]{2}-[a-z]+-\d\b/g));
    expect(named).toEqual(new Set([region]));
  });
});

describe('how the dashboard is laid out', () => {
  it('fills its 24 columns without gaps and overlaps', () => {
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

  it('is the same each time, and small enough for a stack with ten sources', () => {
    expect(dashboardBody(shown)).toBe(dashboardBody(structuredClone(shown)));
    const sources = Array.from({ length: 10 }, (_, index) => `source-${index}-${'x'.repeat(20)}`);
    const body = dashboardBody({ ...shown, sources });
    expect(body.length).toBeLessThan(100_000);
    expect(read(body).widgets).toHaveLength(widgets.length);
  });
});

describe('the texts of the dashboard', () => {
  const headings = [
    ...readFileSync(join(repositoryRoot, 'docs/runbook.md'), 'utf8').matchAll(/^#{2,} (.+)$/gm),
  ].map(([, heading]) => heading);

  it('link to headings of the runbook', () => {
    const links = texts.flatMap((text) => [...text.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)]);
    expect(links.length).toBeGreaterThan(4);
    for (const [, heading = '', url] of links) {
      expect(headings).toContain(heading);
      const anchor = heading.toLowerCase().replaceAll(',', '').replaceAll(' ', '-');
      expect(url).toBe(`https://wiki.acme.com/runbook#${anchor}`);
    }
  });

  it('name the path of the runbook if it has no URL', () => {
    const body = read(dashboardBody({ ...shown, runbookUrl: 'docs/runbook.md' }));
    const text = JSON.stringify(body.widgets.filter(({ type }) => type === 'text'));
    expect(text).not.toContain('](');
    expect(text).toContain('docs/runbook.md#link-lag-p99');
  });
});

describe('the usage on the dashboard', () => {
  const used = graphs.slice(-4);

  it('is what AWS bills by use, as sums per hour', () => {
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

  it('has lines for each function, and for the logs of each and of the API', () => {
    const namesIn = (index: number) =>
      used[index]?.metrics.flatMap(({ dimensions }) => Object.values(dimensions));
    const functions = Object.values(shown.functions);
    expect(namesIn(0)).toEqual(functions.map(({ name }) => name));
    expect(namesIn(1)).toEqual(functions.map(({ name }) => name));
    expect(namesIn(3)).toEqual([...functions.map(({ logGroup }) => logGroup), shown.accessLog]);
  });
});

const recording = await recordResources(() => {
  const { key, parts } = monitoredResources();
  const sources = ['zendesk'];
  const alarms = new Alarms('watch', { ...parts, key, webhookSources: sources });
  new Dashboard('overview', { ...parts, alarms, sources });
});

describe('Dashboard', () => {
  const { inputs } = one(recording, 'aws:cloudwatch/dashboard:Dashboard');
  const body = read(String(inputs['dashboardBody']));

  it('is one dashboard with its logical name as its name in AWS, and with all alarms', () => {
    expect(inputs['dashboardName']).toBe('overview');
    const alarms = allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm');
    const shownAlarms = body.widgets.flatMap((widget) =>
      widget.type === 'alarm' ? widget.properties.alarms : [],
    );
    expect(shownAlarms.map((arn) => arn.split(':').at(-1)).toSorted()).toEqual(
      alarms.map(({ name }) => name).toSorted(),
    );
  });

  it('shows the resources by their names in AWS', () => {
    const names = body.widgets.flatMap((widget) =>
      widget.type === 'metric'
        ? widget.properties.metrics.flatMap(({ dimensions }) => Object.values(dimensions))
        : [],
    );
    const made = recording.resources.map(({ state }) => state['name']);
    const own = ['api-id', 'crm-change', 'task-event', 'sync', 'zendesk'];
    expect(new Set(names).difference(new Set(made))).toEqual(new Set(own));
    expect(new Set(names).size).toBe(own.length + 11);
  });
});
