import type { Input } from '@pulumi/pulumi';
import type { QueueName } from '../../shared/config/limits.ts';
import type { Metric } from '../metrics.ts';

/** One CloudWatch alarm: what it measures, and when it goes off. */
export interface AlarmDefinition {
  /** One metric, or an expression of several metrics by their ids. */
  value: MetricStatistic | { expression: string; of: Readonly<Record<string, MetricStatistic>> };
  /** What happened, and what follows from it. Three sentences at most. */
  description: string;
  periodSeconds: number;
  /** The lowest value that counts as too high. */
  threshold: number;
  /** How many of the latest periods must reach the threshold. Default: `[1, 1]`. */
  periods?: readonly [count: number, of: number];
  /**
   * Whether the alarm keeps its state while there is no data. This is for a failure whose end only new data proves.
   */
  keepsWithoutData?: true;
  /** Anchor of its heading in the runbook. Default: the name of the alarm. */
  runbookAnchor?: string;
}

/** The alarms of one kind, by name. */
export type AlarmDefinitions = Readonly<Record<string, AlarmDefinition>>;

/** A metric, and the statistic of its values within a period. */
export interface MetricStatistic {
  metric: Metric<Input<string>>;
  statistic: 'Average' | 'Maximum' | 'Sum' | 'p99';
}

/** The names of the resources that the alarms watch. */
export interface MonitoredNames {
  queues: Readonly<Record<QueueName, Input<string>>>;
  deadLetterQueue: Input<string>;
  eventDeadLetterQueue: Input<string>;
  crmChange: Input<string>;
  taskEvent: Input<string>;
  sync: Input<string>;
  apiId: Input<string>;
  /** The sources that send webhooks. */
  sources: readonly string[];
  /** CloudWatch namespace of the metrics that the functions publish. */
  metricsNamespace: string;
}

export const minute = 60;

export const hour = 60 * minute;

export function maximumOf(metric: MetricStatistic['metric']): MetricStatistic {
  return { metric, statistic: 'Maximum' };
}

export function sumOf(metric: MetricStatistic['metric']): MetricStatistic {
  return { metric, statistic: 'Sum' };
}
