import { type QueueName, queueNames } from '../../shared/config/limits.ts';
import { functionMetric, type Metric, queueMetric, syncMetric } from '../metrics.ts';

export interface Graph {
  title: string;
  lines: readonly Line[];
  stacked?: boolean;
  /** The period in seconds. */
  period?: number;
  /** A horizontal line at a limit. */
  limit?: { label: string; value: number };
  /** Label of the y axis. */
  unit: string;
}

interface Size {
  width: number;
  height: number;
}

export type Widget =
  | (Size & { text: string })
  | (Size & { graph: Graph })
  | (Size & { title: string; alarms: readonly string[] });

/**
 * Widgets in CloudWatch's form: rows from top to bottom, each row from left to right.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function layoutWidgets(rows: readonly (readonly Widget[])[], region: string) {
  let y = 0;
  return rows.flatMap((row) => {
    const top = y;
    y += Math.max(0, ...row.map(({ height }) => height));
    let x = 0;
    return row.map((widget) => {
      const { width, height } = widget;
      const left = x;
      x += width;
      return { x: left, y: top, width, height, ...contentOf(widget, region) };
    });
  });
}

/** @param width the width in columns. A dashboard has 24 */
export function graphWidget(width: number, graph: Graph): Widget {
  return { width, height: 6, graph };
}

/** @param text Markdown. The widget has the full width */
export function headingWidget(text: string): Widget {
  return { width: 24, height: 2, text };
}

/** A heading of the runbook. It is a link if the runbook has a URL. */
export function runbookLink(
  { runbookUrl }: Pick<DashboardBodyArgs, 'runbookUrl'>,
  heading: string,
): string {
  const url = `${runbookUrl}#${heading.toLowerCase().replaceAll(' ', '-')}`;
  return runbookUrl.startsWith('https:') ? `[${heading}](${url})` : `${heading} (${url})`;
}

function lineJson(line: Line): readonly unknown[] {
  if ('expression' in line) return [line];
  const { metric, hidden, ...shown } = line;
  const { namespace, metricName, dimensions } = metric;
  const rendering = { ...shown, ...(hidden && { visible: false }) };
  return [namespace, metricName, ...Object.entries(dimensions).flat(), rendering];
}

function graphJson(graph: Graph, region: string) {
  const { title, lines, stacked = false, period = 300, limit, unit } = graph;
  return {
    title,
    region,
    view: 'timeSeries',
    stacked,
    period,
    metrics: lines.map(lineJson),
    yAxis: { left: { min: 0, showUnits: false, label: unit } },
    ...(limit !== undefined && { annotations: { horizontal: [limit] } }),
  };
}

function contentOf(widget: Widget, region: string) {
  if ('text' in widget) return { type: 'text', properties: { markdown: widget.text } };
  if ('graph' in widget) return { type: 'metric', properties: graphJson(widget.graph, region) };
  const { title, alarms } = widget;
  return { type: 'alarm', properties: { title, alarms } };
}

/** The names of the resources that a dashboard shows. */
export interface DashboardBodyArgs {
  region: string;
  metricsNamespace: string;
  queues: Readonly<Record<QueueName, string>>;
  deadLetterQueue: string;
  eventDeadLetterQueue: string;
  functions: Readonly<Record<keyof typeof serviceNames, DashboardFunction>>;
  apiId: string;
  /** Log group of the API. */
  accessLog: string;
  /** All sources, also those of EventBridge. */
  sources: readonly string[];
  /** ARNs of the alarms. */
  alarms: readonly string[];
  /** The page with a heading for each alarm: a URL, or a path in the project. */
  runbookUrl: string;
}

interface DashboardFunction {
  name: string;
  logGroup: string;
}

/** One line of a graph: a metric, or an expression of other lines by their ids. */
export type Line =
  | {
      metric: Metric<string>;
      stat: 'Average' | 'Maximum' | 'Sum' | 'p50' | 'p99';
      label?: string;
      /** Name of the line in expressions of the graph. */
      id?: string;
      /** Whether the graph hides the line. Expressions can still use it. */
      hidden?: true;
    }
  | {
      expression: string;
      label: string;
      id: string;
    };

export function sumLine(metric: Metric<string>, label: string): Line {
  return { metric, stat: 'Sum', label };
}

export function syncLine(
  { metricsNamespace }: DashboardBodyArgs,
  metricName: Parameters<typeof syncMetric>[1],
  label: string,
): Line {
  return sumLine(syncMetric(metricsNamespace, metricName), label);
}

/** One line for each queue of sync. */
export function queueLines(
  { queues }: DashboardBodyArgs,
  metricName: Parameters<typeof queueMetric>[1],
  stat: 'Maximum' | 'Sum',
  label: string,
): Line[] {
  return queueNames.map((name) => ({
    metric: queueMetric(queues[name], metricName),
    stat,
    label: `${name}: ${label}`,
  }));
}

/** One line for each function. */
export function functionLines(
  args: DashboardBodyArgs,
  metricName: Parameters<typeof functionMetric>[1],
  stat: 'Maximum' | 'Sum' | 'p99',
): Line[] {
  return perFunction(args, ({ name }, label) => ({
    metric: functionMetric(name, metricName),
    stat,
    label,
  }));
}

/** One line for each function, labelled with the name of its service. */
export function perFunction(
  { functions }: DashboardBodyArgs,
  lineOf: (of: DashboardFunction, label: string) => Line,
): Line[] {
  return [
    lineOf(functions.crmChange, serviceNames.crmChange),
    lineOf(functions.taskEvent, serviceNames.taskEvent),
    lineOf(functions.sync, serviceNames.sync),
  ];
}

const serviceNames = { crmChange: 'crm-change', taskEvent: 'task-event', sync: 'sync' } as const;
