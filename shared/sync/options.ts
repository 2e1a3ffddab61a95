import type { SQSClient } from '@aws-sdk/client-sqs';
import type { JsonObject } from '../json.ts';
import type { NamedTicket } from '../media/tickets.ts';
import type { TaskRouter } from '../taskrouter/task-router.ts';

type LogLine = (message: string, fields: Record<string, unknown>) => void;

/** What the sync uses of Powertools' Logger. */
export interface Log {
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}

/** What the sync uses of Powertools' Metrics. */
export interface MetricPublisher {
  addMetric(name: string, unit: 'Count' | 'Milliseconds', value: number): unknown;
  publishStoredMetrics(): unknown;
}

/** Everything that the sync uses beside its input. */
export interface SyncOptions {
  taskRouter: TaskRouter;
  sqs: SQSClient;
  /** The queue that the messages come from, and that copies and follow-ups go to. */
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** A number in [0, 1). */
  random: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  logger: Log;
  metrics: MetricPublisher;
  /** The tickets that a Task names in its attributes: `ticketsOnTask`. */
  namedTickets: (attributes: JsonObject) => readonly NamedTicket[];
  /** How many Tasks one invocation updates at a time. */
  tasksInParallel: number;
  /** When confirmations and rechecks come, in seconds after each write, ascending. None: never. */
  confirmAfterSeconds: readonly number[];
  /**
   * Whether TaskRouter's events arrive. They tell of later segments, so a Task that nobody wrote to is confirmed by
   * one read, and a Task that goes on by the last confirmation alone. One that ends may be gone by then.
   */
  taskEvents: boolean;
}
