import type { SQSClient } from '@aws-sdk/client-sqs';
import { deadlineReserve, type QueueName } from '../config/limits.ts';
import type { JsonObject } from '../json.ts';
import type { NamedTicket } from '../media/tickets.ts';
import { TaskRouterError } from '../taskrouter/errors.ts';
import type { TaskRouter } from '../taskrouter/task-router.ts';
import type { Deadline } from './types.ts';

type LogLine = (message: string, fields: Record<string, unknown>) => void;

/** The part of Powertools' Logger that sync uses. */
export interface Log {
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}

/** The part of Powertools' Metrics that sync uses. */
export interface MetricPublisher {
  addMetric(name: string, unit: 'Count' | 'Milliseconds', value: number): unknown;
  publishStoredMetrics(): unknown;
}

/** Everything that sync uses beside its input. */
export interface SyncOptions {
  taskRouter: TaskRouter;
  sqs: SQSClient;
  /** The queues that the messages come from, and that copies and follow-ups go to. */
  queueUrls: Readonly<Record<QueueName, string>>;
  deadLetterQueueUrl: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** A random number from 0 up to 1. */
  random: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  logger: Log;
  metrics: MetricPublisher;
  /** The tickets that a Task names in its attributes: `ticketsOnTask`. */
  namedTickets: (attributes: JsonObject) => readonly NamedTicket[];
  /** How many requests to Twilio an invocation may make at once, by the queue of its messages. */
  requestsInParallel: (queue: QueueName) => number;
  /**
   * How long an invocation that searches must last, from its last search, in milliseconds. This is its share of the
   * searches a second.
   */
  searchIntervalMs: number;
  /** When confirmations and rechecks come, in seconds after each write, ascending. Empty: never. */
  confirmAfterSeconds: readonly number[];
  /**
   * Whether TaskRouter's events arrive. They announce later segments. So one read confirms a Task to which nobody
   * wrote, and a Task that goes on needs only the last confirmation. A Task that ends may be deleted by then.
   */
  taskEvents: boolean;
}

/**
 * Logs the name and the stack frames of an unexpected error. The message is left out, because it can quote data
 * (JSON.parse does). Errors of TaskRouter are expected.
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
 * The frames of a stack, which begins with `<name>: <message>`. A line of the message may look like a frame, so the
 * message is cut off first. If the stack does not contain the message (somebody changed it later), the end of the
 * message is unknown, and no frame is logged.
 */
function stackFrames({ message, stack = '' }: Error): readonly string[] {
  const start = stack.indexOf(message);
  const frames = start === -1 ? '' : stack.slice(start + message.length);
  return frames.split('\n').flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));
}

/**
 * The deadline of one invocation. A reserve is kept for running requests. The last quarter of it is for our
 * response to SQS.
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
