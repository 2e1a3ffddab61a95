import {
  deadLetterRetentionSeconds,
  finishedTaskTtlSeconds,
  maxDelaySeconds,
} from '../../shared/config/limits.ts';
import type { DeadLetterReason } from '../../shared/sync/types.ts';
import { queueMetric, syncMetric, taskEventMetric } from '../metrics.ts';
import {
  type AlarmDefinition,
  type AlarmDefinitions,
  hour,
  type MonitoredNames,
  maximumOf,
  minute,
  sumOf,
} from './alarm.ts';

/** The threshold of `link-lag-p99`: half of the time for which a completed Task exists. */
export const lagAlarmSeconds = finishedTaskTtlSeconds / 2;

/**
 * SQS counts a delay as age, and sync delays messages on purpose, for `maxDelaySeconds` at most. Five minutes more
 * are a backlog.
 */
const backlogAgeSeconds = maxDelaySeconds + 5 * minute;

/** The age at which the alarms for old dead letters start. SQS deletes them three days later. */
const oldDeadLetterSeconds = deadLetterRetentionSeconds - 3 * 24 * 3600;

/**
 * Alarms about messages that are dead-lettered, late, or too late.
 *
 * A command that reads a queue hides its messages for a moment. So the dead-letter alarms look back five minutes.
 * They page once, not after each read.
 */
export function linkAlarms(names: MonitoredNames): AlarmDefinitions {
  const { metricsNamespace } = names;
  return {
    'dead-letters': {
      value: maximumOf(queueMetric(names.deadLetterQueue, 'ApproximateNumberOfMessagesVisible')),
      description:
        'The dead-letter queue holds messages that sync could not apply. Their tickets are missing from their conversations. SQS keeps each message, with its reason, for 14 days.',
      periodSeconds: minute,
      threshold: 1,
      periods: [1, 5],
    },
    'event-dead-letters': {
      value: maximumOf(
        queueMetric(names.eventDeadLetterQueue, 'ApproximateNumberOfMessagesVisible'),
      ),
      description:
        'crm-change could not process EventBridge events of a CRM. Their tickets are missing from their conversations. SQS keeps the events in the event dead-letter queue for 14 days.',
      periodSeconds: minute,
      threshold: 1,
      periods: [1, 5],
    },
    // SQS leaves a message out of this metric after its third receive, so each read of the queue removes messages
    // from the metric.
    'dead-letters-expiring': {
      value: maximumOf(queueMetric(names.deadLetterQueue, 'ApproximateAgeOfOldestMessage')),
      description:
        'A message has been in the dead-letter queue for 11 days. SQS deletes it when it is 14 days old. Replay it, or keep its record with dlq purge.',
      periodSeconds: 15 * minute,
      threshold: oldDeadLetterSeconds,
    },
    'event-dead-letters-expiring': {
      value: maximumOf(queueMetric(names.eventDeadLetterQueue, 'ApproximateAgeOfOldestMessage')),
      description:
        'An EventBridge event has been in the event dead-letter queue for 11 days. SQS deletes it when it is 14 days old.',
      periodSeconds: 15 * minute,
      threshold: oldDeadLetterSeconds,
      runbookAnchor: 'event-dead-letters',
    },
    // While Twilio rejects the key, the retries of one message are up to four minutes apart. If the alarm looked
    // back for less, it would end between two retries.
    'twilio-unauthorized': {
      value: sumOf(syncMetric(metricsNamespace, 'Unauthorized')),
      description:
        'Twilio rejects the API key with 401 or 403. sync links no ticket until you renew the key. It retries every message for 6.5 hours.',
      periodSeconds: minute,
      threshold: 1,
      periods: [1, 15],
    },
    // Each instance counts a pause when the pause begins. Pauses grow to 15 seconds and end with the next message,
    // so an outage does not show in every minute. This was simulated with pauses of up to a minute and the real
    // retry delays. With a message a minute, 3 of 10 periods start the alarm after four minutes, and it lasts. With
    // a message every five minutes, 3 of 5 periods would start and end it five times in six hours. An outage of one
    // minute does not page.
    'taskrouter-circuit-open': {
      value: sumOf(syncMetric(metricsNamespace, 'CircuitOpened')),
      description:
        'The circuit breaker for TaskRouter is open: requests to TaskRouter failed several times in a row. sync retries messages for 6.5 hours. Conversations that end during this time do not get their links.',
      periodSeconds: minute,
      threshold: 1,
      periods: [3, 10],
    },
    // A retry is a copy with a delay, and its age counts from the copy. So the age is the time that a message waits
    // to be received, plus a delay.
    // Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    'queue-backlog': {
      value: {
        expression: 'MAX([FILL(changes, 0), FILL(lookups, 0)])',
        of: {
          changes: maximumOf(queueMetric(names.queues.changes, 'ApproximateAgeOfOldestMessage')),
          lookups: maximumOf(queueMetric(names.queues.lookups, 'ApproximateAgeOfOldestMessage')),
        },
      },
      description:
        'Messages wait in a queue because sync does not receive them, or receives them too slowly. Tickets appear late. Conversations that end before that do not get their links.',
      periodSeconds: minute,
      threshold: backlogAgeSeconds,
    },
    // This uses ProcessingLag, not LinkLag: an operator cannot speed up a CRM. With few links, the p99 of a period
    // is its slowest link. A single retry does not page. Half an hour of retries does.
    'link-lag-p99': {
      value: { metric: syncMetric(metricsNamespace, 'ProcessingLag'), statistic: 'p99' },
      description:
        'The p99 lag from the webhook to the link is more than one minute. Conversations that end during that lag may not get their links.',
      periodSeconds: 15 * minute,
      threshold: lagAlarmSeconds * 1000,
      periods: [2, 2],
    },
    // A completed Task exists for two minutes. If it is deleted and the change is younger than that, the
    // conversation ended before the change: somebody edited a ticket later, and nothing is lost.
    'tickets-expired': {
      value: maximumOf(syncMetric(metricsNamespace, 'ExpiredLag')),
      description:
        'Twilio deleted a Task before sync could link its ticket. The change arrived later than Twilio keeps a completed Task. The ticket cannot be linked any more.',
      periodSeconds: 5 * minute,
      threshold: finishedTaskTtlSeconds * 1000,
    },
  };
}

/** How long a message must fail, from its first try, in milliseconds. A shorter failure proves nothing. */
const failingMs = 4 * minute * 1000;

/** Alarms about outcomes: no ticket is linked, or messages become dead letters, by reason. */
export function outcomeAlarms({ metricsNamespace }: MonitoredNames): AlarmDefinitions {
  const written = sumOf(syncMetric(metricsNamespace, 'Written'));
  const events = sumOf(taskEventMetric(metricsNamespace, 'Events'));
  const unmatched = sumOf(syncMetric(metricsNamespace, 'UnmatchedWithSid'));

  // The SID of a conversation that has ended matches no Task either: agents edit old tickets, and CRMs close them
  // at night. So one such ticket proves nothing, and neither does an hour without conversations. The alarm needs
  // twenty tickets and a hundred Task events (about twenty conversations) without one write. Then no ticket finds
  // its Task. Tickets without a SID do not count, because tickets of e-mails have no Task. doctor checks each
  // source.
  const nothingMatched = {
    value: {
      expression: 'IF(unmatched >= 20 && events >= 100 && written < 1, 1, 0)',
      of: { unmatched, events, written },
    },
    description:
      'Conversations take place, and tickets name them by SID, but no SID matches a Task. No ticket is linked. The CRM may send another SID than the Tasks have.',
    threshold: 1,
    runbookAnchor: 'tickets-unmatched',
  };

  return {
    // A message still fails four minutes after its first try, and no Task was written in eight minutes. One message
    // is enough, because a small contact center has no more. Tries are frequent for four minutes, so a failure of
    // three minutes has ended by then. Only a write proves that sync works again. IF without a third value gives no
    // data, and then the alarm keeps its state: between two tries, and in a quiet night. RetryAge is published with
    // Written, so FILL is not needed.
    // Source: https://aws.amazon.com/blogs/mt/enhance-cloudwatch-metrics-with-metric-math-functions/
    'nothing-linked': {
      value: {
        expression: `IF(written > 0 || age >= ${failingMs}, IF(written > 0, 0, 1))`,
        of: { written, age: maximumOf(syncMetric(metricsNamespace, 'RetryAge')) },
      },
      description:
        'Messages fail again and again, and sync has written to no Task for eight minutes. No ticket is linked. Conversations that end during this time do not get their links.',
      periodSeconds: 8 * minute,
      threshold: 1,
      keepsWithoutData: true,
    },
    'tickets-unmatched': { ...nothingMatched, periodSeconds: 10 * minute },
    'tickets-unmatched-4h': { ...nothingMatched, periodSeconds: 4 * hour },
    // Each write of sync changes the attributes of a Task, and Twilio sends task.updated for it. Only an event
    // proves that Twilio sends events again.
    'task-events-stopped': {
      value: {
        expression: 'IF(written >= 5 || FILL(events, 0) > 0, IF(FILL(events, 0) > 0, 0, 1))',
        of: { written, events },
      },
      description:
        'sync writes to Tasks, but Twilio has sent no event for half an hour. Segments that start and recordings that appear during this time may miss their tickets.',
      periodSeconds: 30 * minute,
      threshold: 1,
      keepsWithoutData: true,
    },
    ...Object.fromEntries(
      deadLetterReasons.map(([reason, cause]): [string, AlarmDefinition] => [
        `dead-letters-${reason}`,
        {
          value: sumOf(syncMetric(metricsNamespace, `DeadLettered-${reason}`)),
          description: `sync has sent messages to the dead-letter queue: ${cause}. Their tickets are missing from their conversations. The runbook says what to do before a replay.`,
          periodSeconds: minute,
          threshold: 1,
          periods: [1, 60],
          runbookAnchor: 'dead-letters',
        },
      ]),
    ),
  };
}

/**
 * Why messages become dead letters. Each reason has its own alarm, which ends an hour after the last dead letter.
 * So a dead letter that waits for its owner does not hide others.
 */
export const deadLetterReasons: readonly (readonly [DeadLetterReason, cause: string])[] = [
  ['taskrouter-unavailable', 'TaskRouter failed for 6.5 hours'],
  ['taskrouter-invalid-response', 'TaskRouter sent invalid responses for 6.5 hours'],
  ['unauthorized', 'Twilio rejected the API key for 6.5 hours'],
  ['crashed', 'our code threw an error at every try'],
  ['sync-did-not-finish', 'each message ended the process of sync four times'],
  ['attributes-full', 'the attributes of a Task have no room'],
  ['attributes-unreadable', 'the attributes of a Task cannot be read'],
  ['twilio-bad-request', 'Twilio rejected the request with 4xx'],
  ['invalid-message', 'a message of the queue is not valid'],
];
