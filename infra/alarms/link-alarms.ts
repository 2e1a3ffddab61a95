import {
  deadLetterRetentionSeconds,
  finishedTaskTtlSeconds,
  maxDelaySeconds,
} from '../../shared/config/limits.ts';
import { queueMetric, syncMetric } from '../metrics.ts';
import { type AlarmDefinitions, type MonitoredNames, maximumOf, minute, sumOf } from './alarm.ts';

/** The `link-lag-p99` alarm: half as long as a completed Task exists. */
export const lagAlarmSeconds = finishedTaskTtlSeconds / 2;

/**
 * SQS counts a delay as age, and the sync delays messages for up to that long on purpose. Five minutes
 * more are a backlog.
 */
const backlogAgeSeconds = maxDelaySeconds + 5 * minute;

/** The alarms of dead letters that get old: SQS deletes them three days later. */
const oldDeadLetterSeconds = deadLetterRetentionSeconds - 3 * 24 * 3600;

/**
 * Alarms about messages and links: dead-lettered, late, or too late.
 *
 * A command that looks into a queue hides its messages for a moment. So the dead-letter alarms look back for
 * five minutes: one page, not one for each look.
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
    // SQS leaves a message out of this metric after its third receive, so each look at the queue takes from it.
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
    // While Twilio rejects the key, retries of one message are up to four minutes apart. With a shorter look back the
    // alarm would end between two.
    'twilio-unauthorized': {
      value: sumOf(syncMetric(metricsNamespace, 'Unauthorized')),
      description:
        'Twilio rejects the API key with 401 or 403. sync links no ticket until you renew the key. It retries every message for 6.5 hours.',
      periodSeconds: minute,
      threshold: 1,
      periods: [1, 15],
    },
    // Each instance counts a pause when it begins. Pauses grow to 15 seconds and end with the next message, so
    // an outage does not show in every minute. Simulated with pauses of up to a minute and the retry waits of
    // the code: with a message a minute, 3 of 10 starts after four minutes and lasts. 3 of 5, with a message
    // every five minutes, would start and end five times in six hours. One minute of outage does not page.
    'taskrouter-circuit-open': {
      value: sumOf(syncMetric(metricsNamespace, 'CircuitOpened')),
      description:
        'The circuit breaker for TaskRouter is open: requests to TaskRouter failed several times in a row. sync retries messages for 6.5 hours. Conversations that end during this time do not get their links.',
      periodSeconds: minute,
      threshold: 1,
      periods: [3, 10],
    },
    // A retry is a copy with a delay, and its age counts from then. So the age is that of messages that wait to be
    // received, plus a delay.
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
    // ProcessingLag and not LinkLag: nobody here can speed up a CRM. With few links, the p99 of a period is its
    // slowest link. A single retry does not page; half an hour of them does.
    'link-lag-p99': {
      value: { metric: syncMetric(metricsNamespace, 'ProcessingLag'), statistic: 'p99' },
      description:
        'The p99 lag from the webhook to the link is more than one minute. Conversations that end during that lag may not get their links.',
      periodSeconds: 15 * minute,
      threshold: lagAlarmSeconds * 1000,
      periods: [2, 2],
    },
    // A completed Task exists for two minutes. If it is gone and the change is younger than that, the
    // conversation had ended before the change: somebody edited a ticket later, and nothing is lost.
    'tickets-expired': {
      value: maximumOf(syncMetric(metricsNamespace, 'ExpiredLag')),
      description:
        'Twilio deleted a Task before sync could link its ticket. The ticket took longer than a completed Task exists. It cannot be linked any more.',
      periodSeconds: 5 * minute,
      threshold: finishedTaskTtlSeconds * 1000,
    },
  };
}
