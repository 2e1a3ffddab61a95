import type { SQSClient } from '@aws-sdk/client-sqs';
import type { TaskRouter } from '../taskrouter/task-router.ts';

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

/** Everything that the sync uses beside its input. */
export interface SyncOptions {
  readonly taskRouter: TaskRouter;
  readonly sqs: SQSClient;
  /** The queue that the messages come from, and that copies and follow-ups go to. */
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  readonly logger: Log;
  readonly metrics: MetricPublisher;
  /** How many Tasks one invocation updates at a time. */
  readonly tasksInParallel: number;
  /** When confirmations and rechecks come, in seconds after each write, ascending. None: never. */
  readonly confirmAfterSeconds: readonly number[];
}
