import { functionMetric, type Metric, queueMetric, syncMetric } from '../metrics.ts';

/** The names of what a dashboard shows. */
export interface DashboardBodyArgs {
  readonly region: string;
  readonly metricsNamespace: string;
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly eventDeadLetterQueue: string;
  readonly functions: Readonly<Record<keyof typeof serviceNames, DashboardFunction>>;
  readonly apiId: string;
  /** Log group of the API. */
  readonly accessLog: string;
  /** All sources, those of EventBridge too. */
  readonly sources: readonly string[];
  /** ARNs of the alarms. */
  readonly alarms: readonly string[];
  /** The page with a heading for each alarm: a URL, or a path in the project. */
  readonly runbookUrl: string;
}

interface DashboardFunction {
  readonly name: string;
  readonly logGroup: string;
}

/** One line of a graph: a metric, or an expression of others by their ids. */
export type Line =
  | {
      readonly metric: Metric<string>;
      readonly stat: 'Average' | 'Maximum' | 'Sum' | 'p50' | 'p99';
      readonly label?: string;
      /** Name of the line in expressions of the graph. */
      readonly id?: string;
      /** Only for expressions: the graph does not show it. */
      readonly hidden?: true;
    }
  | {
      readonly expression: string;
      readonly label: string;
      readonly id: string;
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
