import type { Input } from '@pulumi/pulumi';
import { finishedTaskTtlSeconds, maxDelaySeconds } from '../shared/config/limits.ts';
import {
  apiMetric,
  functionMetric,
  type Metric,
  queueMetric,
  sourceMetric,
  syncMetric,
  taskEventMetric,
  throttledRequestsMetric,
} from './metrics.ts';

/** What is watched, by name. */
interface MonitoredNames {
  readonly queue: Input<string>;
  readonly deadLetterQueue: Input<string>;
  readonly eventDeadLetters: Input<string>;
  readonly crmChange: Input<string>;
  readonly taskEvent: Input<string>;
  readonly sync: Input<string>;
  readonly apiId: Input<string>;
  /** The sources that send webhooks. */
  readonly sources: readonly string[];
  /** Under which CloudWatch has the functions' own metrics. */
  readonly metricsNamespace: string;
}

/** A metric, and what is made of its values within a period. */
export interface MetricStatistic {
  readonly metric: Metric<Input<string>>;
  readonly statistic: 'Average' | 'Maximum' | 'Sum' | 'p99';
}

/** What an alarm goes by. */
export interface AlarmDefinition {
  /** One measure, or what is made of several that have a name each. */
  readonly value:
    | MetricStatistic
    | { readonly expression: string; readonly of: Readonly<Record<string, MetricStatistic>> };
  /** What it means, in one or two sentences. */
  readonly description: string;
  readonly periodSeconds: number;
  /** The least value that is too much. */
  readonly threshold: number;
  /** How many of the latest periods have to be too much: `[1, 1]` where not given. */
  readonly periods?: readonly [count: number, of: number];
  /** Its heading in the runbook, where that is not its name. */
  readonly runbookHeading?: string;
}

const minute = 60;

/**
 * SQS's own delay counts as age, and a message may be held back for that long with nothing amiss; five
 * minutes more are a backlog.
 */
const backlogAgeSeconds = maxDelaySeconds + 5 * minute;

/**
 * A first sign of links that come too late: half as long as a finished Task lives, which is what the
 * slowest in a hundred may take.
 */
export const lagAlarmSeconds = finishedTaskTtlSeconds / 2;

/**
 * The alarms by what each is called, which is its heading in the runbook as well.
 *
 * Whoever looks into a queue hides its messages for a moment, so that queues count as filled for five
 * minutes after they were: one page, not one for each look.
 */
export function alarmDefinitions(names: MonitoredNames): Readonly<Record<string, AlarmDefinition>> {
  const { apiId, crmChange, metricsNamespace, sync, taskEvent } = names;
  return {
    'dead-letters': {
      value: maximumOf(queueMetric(names.deadLetterQueue, 'ApproximateNumberOfMessagesVisible')),
      description:
        'sync has given messages up: their tickets are not on their conversations. Each lies in the dead-letter queue with its reason, for 14 days at most.',
      periodSeconds: minute,
      threshold: 1,
      periods: [1, 5],
    },
    'dead-events': {
      value: maximumOf(queueMetric(names.eventDeadLetters, 'ApproximateNumberOfMessagesVisible')),
      description:
        'Events of a CRM could not be taken in: their tickets are not on their conversations. They lie in the queue of dead events for 14 days at most.',
      periodSeconds: minute,
      threshold: 1,
      periods: [1, 5],
    },
    // Tries grow sparse while the key is refused: without the longer look back it would end in between.
    'twilio-refuses-the-key': {
      value: sumOf(syncMetric(metricsNamespace, 'Unauthorized')),
      description:
        'Twilio refuses our API key. No ticket is linked until somebody renews the key; nothing is given up for six and a half hours.',
      periodSeconds: minute,
      threshold: 1,
      periods: [1, 15],
    },
    // Each instance counts a pause when it begins. Pauses grow to 15 seconds and end with the next message,
    // so that an outage does not show in every minute. Simulated with a breaker whose pauses grew to a
    // minute and the waits of the code: with a message a minute this begins after four minutes and lasts; of
    // three in five, with a message in five minutes, the alarm would end and begin again five times in six
    // hours. A minute of outage does not page.
    'taskrouter-does-not-answer': {
      value: sumOf(syncMetric(metricsNamespace, 'BreakerOpened')),
      description:
        'TaskRouter has failed again and again and is asked but rarely. Messages wait and are tried for six and a half hours; conversations that end meanwhile lose their links.',
      periodSeconds: minute,
      threshold: 1,
      periods: [3, 10],
    },
    // A message that was handed over three times does not count any more: SQS moves it to the back and leaves
    // it out of this metric. So what waits for a retry is not seen here, and what is seen waits to be taken.
    // Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    'queue-backlog': {
      value: maximumOf(queueMetric(names.queue, 'ApproximateAgeOfOldestMessage')),
      description:
        'Messages wait in the queue and sync does not take them, or not fast enough: tickets appear late, and not at all on conversations that are over by then.',
      periodSeconds: minute,
      threshold: backlogAgeSeconds,
    },
    // Our own lag, as nobody here can do anything about a CRM that tells late. With few links a period's
    // slowest in a hundred is its slowest: a single one that is tried again does not page, half an hour of
    // such does.
    'links-late': {
      value: { metric: syncMetric(metricsNamespace, 'OwnLag'), statistic: 'p99' },
      description:
        'Tickets take longer than a minute from the door to their conversation, the slowest in a hundred of them. Conversations that end meanwhile may lose their links.',
      periodSeconds: 15 * minute,
      threshold: lagAlarmSeconds * 1000,
      periods: [2, 2],
    },
    // A finished Task lives for two minutes. Where it is gone and the change is younger than that, the
    // conversation had ended before the change was made: a ticket that is edited later, and no loss.
    'tickets-too-late': {
      value: maximumOf(syncMetric(metricsNamespace, 'ExpiredLag')),
      description:
        'A ticket was on its way for longer than a finished Task lives, and came too late for its conversation. It cannot be linked any more.',
      periodSeconds: 5 * minute,
      threshold: finishedTaskTtlSeconds * 1000,
    },
    'sync-fails': {
      value: sumOf(functionMetric(sync, 'Errors')),
      description:
        'The function sync crashes or runs out of time. Its messages come back, and SQS itself moves them to the dead-letter queue in the end.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    'crm-change-fails': {
      value: sumOf(functionMetric(crmChange, 'Errors')),
      description:
        'The function crm-change fails on events of EventBridge, or crashes on webhooks. Events end as dead events; webhooks are lost unless the CRM sends them again.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    'task-event-fails': {
      value: sumOf(functionMetric(taskEvent, 'Errors')),
      description:
        'The function task-event crashes or runs out of time. Segments that begin and recordings that appear meanwhile may lack their tickets.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    // The doors answer 503 to what they cannot put on the queue, which is no error of the function. One in a
    // hundred, once there are three: SQS and Lambda fail now and then, and most senders come again.
    'door-fails': {
      value: {
        expression: 'IF(failed >= 3, 100 * failed / requests, 0)',
        of: { failed: sumOf(apiMetric(apiId, '5xx')), requests: sumOf(apiMetric(apiId, 'Count')) },
      },
      description:
        'The door answers webhooks or events with 5xx: it cannot put them on the queue, or is not there. What is not sent again is lost.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    ...Object.fromEntries(
      names.sources.map((source): [string, AlarmDefinition] => [
        `webhooks-refused-${source}`,
        {
          ...rejectionShare(sourceMetric(metricsNamespace, source, 'Refused')),
          description: `The door refuses webhooks of ${source}: its signing secret may have been changed. Most CRMs do not send again what was refused, so that tickets are missing until they change once more.`,
          runbookHeading: 'webhooks-refused',
        },
      ]),
    ),
    'events-refused': {
      ...rejectionShare(taskEventMetric(metricsNamespace, 'EventsRefused')),
      description:
        'The door refuses the events of TaskRouter: the Auth Token may have been changed. Segments that begin and recordings that appear meanwhile may lack their tickets.',
    },
    'door-turns-away': {
      value: sumOf(throttledRequestsMetric(metricsNamespace)),
      description:
        'More webhooks or events come at once than their route may take, and the API turns the rest away with 429. What is not sent again is lost.',
      periodSeconds: 5 * minute,
      threshold: 10,
    },
    // A burst that is over is no matter for a person: where it did harm, door-fails tells.
    'functions-throttled': {
      value: {
        expression: 'FILL(door, 0) + FILL(events, 0) + FILL(worker, 0)',
        of: {
          door: sumOf(functionMetric(crmChange, 'Throttles')),
          events: sumOf(functionMetric(taskEvent, 'Throttles')),
          worker: sumOf(functionMetric(sync, 'Throttles')),
        },
      },
      description:
        'Lambda turns invocations away, as more would run at once than may: of one function, or in the account. Webhooks are answered with 5xx meanwhile, and messages wait.',
      periodSeconds: 5 * minute,
      threshold: 1,
      periods: [2, 3],
    },
  };
}

function maximumOf(metric: MetricStatistic['metric']): MetricStatistic {
  return { metric, statistic: 'Maximum' };
}

function sumOf(metric: MetricStatistic['metric']): MetricStatistic {
  return { metric, statistic: 'Sum' };
}

/**
 * Refused requests: one in five, once they are five in half an hour. A wrong one that comes by itself is
 * not told, nor are strangers at paths that nobody has; a secret that was changed is, within half an hour,
 * where there is a webhook every five minutes. The functions count one 0 or 1 for each request of a source,
 * so that their average is the share. The API's own 4xx knows no sources: a scan of the internet would be
 * most of what comes to a quiet API.
 */
function rejectionShare(metric: MetricStatistic['metric']) {
  return {
    value: {
      expression: 'IF(refused >= 5, 100 * share, 0)',
      of: { refused: sumOf(metric), share: { metric, statistic: 'Average' } },
    } as const,
    periodSeconds: 30 * minute,
    threshold: 20,
  };
}
