import type { SQSClient } from '@aws-sdk/client-sqs';
import { deadlineReserve, type QueueName } from '../config/limits.ts';
import type { JsonObject } from '../json.ts';
import type { NamedTicket } from '../media/tickets.ts';
import { TaskRouterError } from '../taskrouter/errors.ts';
import type { TaskRouter } from '../taskrouter/task-router.ts';
import type { Deadline } from './types.ts';

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
  /** The queues that the messages come from, and that copies and follow-ups go to. */
  queueUrls: Readonly<Record<QueueName, string>>;
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
  /** How many requests to Twilio an invocation has under way at once, by the queue that its messages come from. */
  requestsInParallel: (queue: QueueName) => number;
  /** How long an invocation that searches lasts, from its last search: its share of the searches a second. */
  searchIntervalMs: number;
  /** When confirmations and rechecks come, in seconds after each write, ascending. None: never. */
  confirmAfterSeconds: readonly number[];
  /**
   * Whether TaskRouter's events arrive. They tell of later segments, so a Task that nobody wrote to is confirmed by
   * one read, and a Task that goes on by the last confirmation alone. One that ends may be gone by then.
   */
  taskEvents: boolean;
}

/**
 * Logs an unexpected error: its name and its stack frames, without its message, which can quote data
 * (that of JSON.parse does). Errors of TaskRouter are expected.
 */
export function logCrash(
  logger: Log,
  error: unknown,
  fields: Readonly<Record<string, string>> = {},
): void {
  if (error instanceof TaskRouterError) return;
  const crash =
    error instanceof Error
      ? { error: error.name, at: stackFrames(error) }
      : { error: typeof error };
  logger.error('unexpected error', { ...fields, ...crash });
}

/**
 * The frames of a stack, which begins with `<name>: <message>`. A line of the message may look like a
 * frame, so the message is cut off first. If the stack does not hold it (somebody has changed it since),
 * its end is not known, and no frame is logged.
 */
function stackFrames({ message, stack = '' }: Error): readonly string[] {
  const start = stack.indexOf(message);
  const frames = start === -1 ? '' : stack.slice(start + message.length);
  return frames.split('\n').flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));
}

/**
 * The deadline of one invocation. A reserve is kept for requests in flight, the last quarter of it for
 * our answer to SQS.
 * @param remainingMs milliseconds until Lambda stops the function
 */
export function createDeadline(remainingMs: () => number): Deadline {
  const reserveMs = deadlineReserve(remainingMs(), 1000);
  const stop = new AbortController();
  return {
    signal: stop.signal,
    isNear: () => remainingMs() < reserveMs,
    async within(work, late) {
      const isUp = Promise.withResolvers<typeof late>();
      const timer = setTimeout(
        () => {
          stop.abort();
          isUp.resolve(late);
        },
        Math.max(0, remainingMs() - reserveMs / 4),
      );
      try {
        return await Promise.race([work, isUp.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
