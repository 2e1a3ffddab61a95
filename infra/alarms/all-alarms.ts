import { functionMetric } from '../metrics.ts';
import { type AlarmDefinitions, type MonitoredNames, minute, sumOf } from './alarm.ts';
import { linkAlarms } from './link-alarms.ts';
import { outcomeAlarms } from './outcome-alarms.ts';
import { requestAlarms } from './request-alarms.ts';

/** All alarms of a stack, by name. The runbook has a heading for each. */
export function alarmDefinitions(names: MonitoredNames): AlarmDefinitions {
  return {
    ...outcomeAlarms(names),
    ...linkAlarms(names),
    ...functionAlarms(names),
    ...requestAlarms(names),
  };
}

/** Alarms about the functions: they fail, or Lambda throttles them. */
function functionAlarms({ crmChange, sync, taskEvent }: MonitoredNames): AlarmDefinitions {
  return {
    'sync-errors': {
      value: sumOf(functionMetric(sync, 'Errors')),
      description:
        'The sync function throws errors or times out. SQS delivers its messages again, and moves them to the dead-letter queue after the last receive.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    'crm-change-errors': {
      value: sumOf(functionMetric(crmChange, 'Errors')),
      description:
        'The crm-change function throws errors or times out. Lambda moves failed EventBridge events to the event dead-letter queue. Failed webhooks are lost unless the CRM sends them again.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    'task-event-errors': {
      value: sumOf(functionMetric(taskEvent, 'Errors')),
      description:
        'The task-event function throws errors or times out. Segments that start and recordings that appear during this time may miss their tickets.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    // A burst that is over needs nobody: if it did harm, webhook-5xx shows that.
    'lambda-throttles': {
      value: {
        expression: 'FILL(crmChange, 0) + FILL(taskEvent, 0) + FILL(sync, 0)',
        of: {
          crmChange: sumOf(functionMetric(crmChange, 'Throttles')),
          taskEvent: sumOf(functionMetric(taskEvent, 'Throttles')),
          sync: sumOf(functionMetric(sync, 'Throttles')),
        },
      },
      description:
        'Lambda throttles invocations: the reserved concurrency of a function, or the concurrency of the account, is used up. Webhooks get 5xx during this time, and messages wait.',
      periodSeconds: 5 * minute,
      threshold: 1,
      periods: [2, 3],
    },
  };
}
