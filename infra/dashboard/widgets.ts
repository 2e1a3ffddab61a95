import type { DashboardBodyArgs, Line } from './lines.ts';

export interface Graph {
  title: string;
  lines: readonly Line[];
  stacked?: boolean;
  /** In seconds. */
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
 * Widgets in the form of CloudWatch: row below row, each row from left to right.
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

/** @param width in columns; a dashboard has 24 */
export function graphWidget(width: number, graph: Graph): Widget {
  return { width, height: 6, graph };
}

/** @param text markdown, over the whole width */
export function headingWidget(text: string): Widget {
  return { width: 24, height: 2, text };
}

/** A heading of the runbook: a link, if the runbook has a URL. */
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
