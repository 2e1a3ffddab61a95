import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions, queueDepths, toAwsFailure, totalMessages } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { queueOf } from '../dlq/queue.ts';
import { readMessages } from '../dlq/read.ts';
import { readAlarms } from '../doctor/alarms.ts';
import { oldestMessageSeconds, splitDepth } from '../doctor/queues.ts';
import { Failure } from '../failure.ts';
import { type EventSource, eventSourceState } from '../sync/event-source.ts';
import { createLastHourReader, type LastHour } from './last-hour.ts';

/** The state of a deployment. Data that could not be read is undefined, and a note says why. */
export interface Status {
  deployment: string;
  /** Milliseconds since 1970. */
  at: number;
  eventSource: EventSource['state'] | undefined;
  queue: ReturnType<typeof splitDepth> | undefined;
  /**
   * The age of the oldest message, from SQS. Messages that SQS has delivered three times do not count. The local
   * stack has none.
   */
  oldestSeconds: number | undefined;
  lastHour: LastHour | undefined;
  deadLetters: DeadLetterCounts | undefined;
  /** EventBridge events that crm-change could not process. */
  eventDeadLetters: number | undefined;
  /** Names of alarms in ALARM, without the prefix of the stack, and how many there are in all. */
  alarms: { inAlarm: readonly string[]; total: number } | undefined;
  notes: readonly string[];
}

interface DeadLetterCounts {
  /** The number of dead letters that SQS counts. */
  total: number;
  /** Counts by reason of those that were read, the most frequent first. */
  byReason: Readonly<Record<string, number>>;
  /** How many different tickets they are about. */
  tickets: number;
  /** How many were read. */
  read: number;
}

/** The most dead letters to read. Reading more would take too long, and would hide them from other commands. */
const maxDeadLetters = 2000;

/**
 * Creates a reader of the status. A second read only reads new log lines. It reads dead letters only if there are
 * more, because reading hides them from other commands for a moment.
 */
export function createStatusReader(deployment: Deployment, context: Pick<Context, 'progress'>) {
  const { aws, queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl } = deployment;
  const sqs = new SQSClient(awsClientOptions(aws.sqs));
  const readLastHour = createLastHourReader(deployment);
  let counted: DeadLetterCounts | undefined;

  const depth = (queue: string, ...urls: string[]) =>
    queueDepths(sqs, urls).catch((error: unknown) => {
      throw toAwsFailure(error, `Reading ${queue}`);
    });
  const countDeadLetters = async (stop: AbortSignal): Promise<DeadLetterCounts> => {
    const total = totalMessages(await depth('the dead-letter queue', deadLetterQueueUrl));
    if (counted === undefined || total > counted.total || total === 0) {
      counted = { total, ...(await readReasons(deployment, total, stop, context)) };
    }
    return { ...counted, total };
  };

  return async (now: number, stop: AbortSignal): Promise<Status> => {
    const notes: string[] = [];
    const orNote = async <Result>(read: () => Promise<Result>): Promise<Result | undefined> => {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        notes.push(error.message);
        return undefined;
      }
    };
    const [eventSource, queue, eventDeadLetters, oldestSeconds, lastHour, deadLetters, alarms] =
      await Promise.all([
        orNote(async () => (await eventSourceState(deployment)).state),
        orNote(() => depth('the queues', ...Object.values(queueUrls))),
        orNote(async () =>
          totalMessages(await depth('the event dead-letter queue', eventDeadLetterQueueUrl)),
        ),
        orNote(() => readOldest(deployment)),
        orNote(() => readLastHour(now, stop)),
        orNote(() => countDeadLetters(stop)),
        orNote(() => readAlarmNames(deployment)),
      ]);
    return {
      deployment: deployment.name,
      at: now,
      eventSource,
      queue: queue && splitDepth(queue, lastHour?.retrying.count ?? 0),
      oldestSeconds,
      lastHour,
      deadLetters,
      eventDeadLetters,
      alarms,
      notes,
    };
  };
}

/** Reads dead letters, up to a limit, and counts them. They are visible again at the end. */
async function readReasons(
  deployment: Deployment,
  total: number,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<Omit<DeadLetterCounts, 'total'>> {
  const reasons: string[] = [];
  const tickets = new Set<string>();
  if (total > 0) {
    const enough = new AbortController();
    const queue = queueOf(deployment, 'dead-letters');
    const until = AbortSignal.any([stop, enough.signal]);
    await readMessages(deployment, queue, until, context, ({ reason, ticket }) => {
      if (enough.signal.aborted) return;
      reasons.push(reason);
      if (ticket !== undefined) tickets.add(ticket);
      if (reasons.length >= maxDeadLetters) enough.abort();
    });
  }
  const byReason = [...Map.groupBy(reasons, (reason) => reason)]
    .map(([reason, { length }]): [string, number] => [reason, length])
    .sort(([, one], [, other]) => other - one);
  return {
    byReason: Object.fromEntries(byReason),
    tickets: tickets.size,
    read: reasons.length,
  };
}

async function readOldest({ aws, queueUrls }: Deployment): Promise<number | undefined> {
  if (aws.cloudWatch === undefined) return undefined;
  return oldestMessageSeconds(aws.cloudWatch, queueUrls).catch((error: unknown) => {
    throw toAwsFailure(error, 'Reading the age of the oldest message');
  });
}

async function readAlarmNames({ aws, alarmNamePrefix: prefix }: Deployment) {
  if (aws.cloudWatch === undefined || prefix === undefined) return undefined;
  const alarms = await readAlarms(aws.cloudWatch, prefix).catch((error: unknown) => {
    throw toAwsFailure(error, 'Reading the alarms');
  });
  const inAlarm = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
  return {
    inAlarm: inAlarm.map(({ AlarmName = '' }) => AlarmName.slice(prefix.length)),
    total: alarms.length,
  };
}
