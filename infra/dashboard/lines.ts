import { functionMetric, type Metric, queueMetric, syncMetric } from '../metrics.ts';

/** The names of what a dashboard shows. */
export interface DashboardBodyArgs {
  region: string;
  metricsNamespace: string;
  queue: string;
  deadLetterQueue: string;
  eventDeadLetterQueue: string;
  functions: Readonly<Record<keyof typeof serviceNames, DashboardFunction>>;
  apiId: string;
  /** Log group of the API. */
  accessLog: string;
  /** All sources, those of EventBridge too. */
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

/** One line of a graph: a metric, or an expression of others by their ids. */
export type Line =
  | {
      metric: Metric<string>;
      stat: 'Average' | 'Maximum' | 'Sum' | 'p50' | 'p99';
      label?: string;
      /** Name of the line in expressions of the graph. */
      id?: string;
      /** Only for expressions: the graph does not show it. */
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

/** A line of the queue of ticket changes. */
export function queueLine(
  { queue }: DashboardBodyArgs,
  metricName: Parameters<typeof queueMetric>[1],
  stat: 'Maximum' | 'Sum',
  label: string,
): Line {
  return { metric: queueMetric(queue, metricName), stat, label };
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
