import type { Metric } from '../metrics.ts';

/** One line of a graph: a metric, or an expression of others by their ids. */
export type Line =
  | {
      readonly metric: Metric<string>;
      readonly stat: 'Average' | 'Maximum' | 'Sum' | 'p50' | 'p99';
      readonly label?: string;
      /** What expressions of the graph call it. */
      readonly id?: string;
      /** It is there for expressions alone. */
      readonly hidden?: true;
    }
  | {
      readonly expression: string;
      readonly label: string;
      readonly id: string;
    };

export interface Graph {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly stacked?: boolean;
  readonly period?: number;
  /** A line across, at what is too much. */
  readonly limit?: { readonly label: string; readonly value: number };
  /** What the axis counts. */
  readonly unit?: string;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export type Widget =
  | (Size & { readonly text: string })
  | (Size & { readonly graph: Graph })
  | (Size & { readonly title: string; readonly alarms: readonly string[] });

/**
 * Widgets as CloudWatch has them, row under row, each row from left to right.
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

/** What each function calls itself. */
export const serviceNames = {
  crmChange: 'crm-change',
  taskEvent: 'task-event',
  sync: 'sync',
} as const;

interface DashboardFunction {
  readonly name: string;
  readonly logGroup: string;
}

/** What a dashboard shows, by the names that it has. */
export interface DashboardBodyArgs {
  readonly region: string;
  readonly metricsNamespace: string;
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly eventDeadLetterQueue: string;
  readonly functions: Readonly<Record<'crmChange' | 'taskEvent' | 'sync', DashboardFunction>>;
  readonly apiId: string;
  /** Log group of the API. */
  readonly accessLog: string;
  /** All sources, those of EventBridge too. */
  readonly sources: readonly string[];
  /** ARNs of the alarms. */
  readonly alarms: readonly string[];
  /** The page that has a heading for each alarm: a URL, or a path in the project. */
  readonly runbookUrl: string;
}

/** A place in the runbook: a link, where the runbook has a URL. */
export function runbookLink(
  { runbookUrl }: Pick<DashboardBodyArgs, 'runbookUrl'>,
  heading: string,
): string {
  const anchor = heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
  return runbookUrl.startsWith('https:')
    ? `[${heading}](${runbookUrl}#${anchor})`
    : `${heading} (${runbookUrl}#${anchor})`;
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
