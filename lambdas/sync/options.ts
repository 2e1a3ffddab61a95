import type { SQSClient } from '@aws-sdk/client-sqs';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';

type LogLine = (message: string, fields: Record<string, unknown>) => void;

/** What the sync uses of Powertools' Logger. */
export interface Log {
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

/** What the sync uses of Powertools' Metrics. */
export interface MetricPublisher {
  addMetric(name: string, unit: 'Count' | 'Milliseconds', value: number): unknown;
  publishStoredMetrics(): unknown;
}

/** What the sync needs of the world. */
export interface SyncOptions {
  readonly taskRouter: TaskRouter;
  readonly sqs: SQSClient;
  /** Where changes come from, and go again. */
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  readonly logger: Log;
  readonly metrics: MetricPublisher;
  /** How many Tasks one invocation works on at a time. */
  readonly tasksInParallel: number;
  /** When each write is looked at again, in seconds after it, ascending. None: never. */
  readonly confirmAfterSeconds: readonly number[];
}
