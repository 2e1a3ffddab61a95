import type { DeadLetterReason } from '../../shared/sync/types.ts';
import { syncMetric, taskEventMetric } from '../metrics.ts';
import {
  type AlarmDefinition,
  type AlarmDefinitions,
  hour,
  type MonitoredNames,
  maximumOf,
  minute,
  sumOf,
} from './alarm.ts';

/** From its first try to a failure that proves something. Milliseconds. */
const failingMs = 4 * minute * 1000;

/** Alarms about what becomes of messages: nothing is linked, and why messages become dead letters. */
export function outcomeAlarms({ metricsNamespace }: MonitoredNames): AlarmDefinitions {
  const written = sumOf(syncMetric(metricsNamespace, 'Written'));
  const events = sumOf(taskEventMetric(metricsNamespace, 'Events'));
  const unmatched = sumOf(syncMetric(metricsNamespace, 'UnmatchedWithSid'));

  // The SID of a conversation that is over matches no Task either: agents edit old tickets, and CRMs close them at
  // night. So one such ticket proves nothing, and neither does an hour without conversations. Twenty tickets, and
  // a hundred events of Tasks (some twenty conversations), and not one write: then no ticket finds its Task.
  // Tickets without a SID do not count: those of an e-mail have no Task. doctor looks at each source.
  const nothingMatched = {
    value: {
      expression: 'IF(unmatched >= 20 && events >= 100 && written < 1, 1, 0)',
      of: { unmatched, events, written },
    },
    description:
      'Conversations take place, tickets name one by its SID, and none of them matches a Task. No ticket is linked. The CRM may send another SID than the Tasks have.',
    threshold: 1,
    runbookAnchor: 'tickets-unmatched',
  };

  return {
    // A message that still fails four minutes after its first try, and no Task written in eight minutes. One message
    // is enough: a small centre has no more. Tries are frequent for four minutes, so a failure of three minutes is
    // over by then. Only a write proves that it works again: IF without a third value gives no data, and then the alarm
    // stays as it is, between two tries and in a quiet night. RetryAge comes with Written, so nothing has to be filled.
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
    // Each write of ours changes the attributes of a Task, and Twilio sends task.updated for it. Only an event proves
    // that they come again.
    'task-events-stopped': {
      value: {
        expression: 'IF(written >= 5 || FILL(events, 0) > 0, IF(FILL(events, 0) > 0, 0, 1))',
        of: { written, events },
      },
      description:
        'sync writes to Tasks, and for half an hour no event of Twilio tells of it. Segments that start and recordings that appear during this time may miss their tickets.',
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
 * Why messages become dead letters. Each reason has an alarm of its own, which ends an hour after the last of
 * them: so a dead letter that waits for its owner does not hide others.
 */
export const deadLetterReasons: readonly (readonly [DeadLetterReason, cause: string])[] = [
  ['taskrouter-unavailable', 'TaskRouter failed for 6.5 hours'],
  ['taskrouter-invalid-response', 'TaskRouter sent invalid responses for 6.5 hours'],
  ['unauthorized', 'Twilio rejected the API key for 6.5 hours'],
  ['crashed', 'our code threw an error at every try'],
  ['sync-did-not-finish', 'each of them ended the process of sync four times'],
  ['attributes-full', 'the attributes of a Task have no room'],
  ['attributes-unreadable', 'the attributes of a Task cannot be read'],
  ['twilio-bad-request', 'Twilio rejected the request with 4xx'],
  ['invalid-message', 'a message of the queue is not valid'],
];
