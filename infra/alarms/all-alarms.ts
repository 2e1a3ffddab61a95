import {
  apiMetric,
  functionMetric,
  sourceMetric,
  taskEventMetric,
  throttledRequestsMetric,
} from '../metrics.ts';
import {
  type AlarmDefinition,
  type AlarmDefinitions,
  hour,
  type MetricStatistic,
  type MonitoredNames,
  minute,
  sumOf,
} from './alarm.ts';
import { linkAlarms, outcomeAlarms } from './message-alarms.ts';

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
    // A burst that has ended needs no action. If it did harm, webhook-5xx shows that.
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

/** Alarms about requests of CRMs and Twilio that get 5xx, 4xx or 429. */
function requestAlarms({ apiId, metricsNamespace, sources }: MonitoredNames): AlarmDefinitions {
  return {
    // The functions respond 503 if SQS does not accept their messages. Lambda does not count that as an error. SQS
    // and Lambda fail now and then, and most senders retry. So the alarm needs three failures, and one in a hundred
    // requests.
    'webhook-5xx': {
      value: {
        expression: 'IF(failed >= 3, 100 * failed / requests, 0)',
        of: { failed: sumOf(apiMetric(apiId, '5xx')), requests: sumOf(apiMetric(apiId, 'Count')) },
      },
      description:
        'The API answers webhooks or Twilio events with 5xx: the functions cannot send to SQS, or do not run. Requests that the sender does not repeat are lost.',
      periodSeconds: 5 * minute,
      threshold: 1,
    },
    ...Object.fromEntries(
      sources.flatMap((source): [string, AlarmDefinition][] => {
        const rejected = sourceMetric(metricsNamespace, source, 'ClientErrors');
        const consequence =
          'doctor names the reasons: the signing secret may have changed, or a clock is wrong. Most CRMs do not repeat a rejected webhook, so tickets are missing until they change again.';
        return [
          [
            `webhook-4xx-${source}`,
            {
              ...rejectedShare(rejected),
              description: `crm-change answers webhooks of ${source} with 4xx. ${consequence}`,
              runbookAnchor: 'webhook-4xx',
            },
          ],
          [
            `webhook-none-accepted-${source}`,
            {
              ...allRejected(rejected),
              description: `crm-change has answered every webhook of ${source} with 4xx for six hours. ${consequence}`,
              runbookAnchor: 'webhook-none-accepted',
            },
          ],
        ];
      }),
    ),
    'task-event-4xx': {
      ...rejectedShare(taskEventMetric(metricsNamespace, 'ClientErrors')),
      description:
        'task-event answers Twilio events with 4xx. doctor names the reasons: the Auth Token may have changed, or a SharedKey signs. Segments that start and recordings that appear during this time may miss their tickets.',
    },
    'webhook-throttled': {
      value: sumOf(throttledRequestsMetric(metricsNamespace)),
      description:
        'API Gateway answers webhooks or Twilio events with 429: more requests arrive than the route limit allows. Requests that the sender does not repeat are lost.',
      periodSeconds: 5 * minute,
      threshold: 10,
    },
  };
}

/**
 * Rejected requests: one in five, if there are at least five in half an hour. A single wrong request does not page.
 * A changed secret pages within half an hour, if a webhook arrives every five minutes. The functions count 0 or 1
 * for each request of a source, so the average is the share. The 4xx metric of API Gateway does not distinguish
 * sources. On a quiet API, most of its 4xx are scans from the internet.
 */
function rejectedShare(metric: MetricStatistic['metric']) {
  return {
    value: {
      expression: 'IF(rejected >= 5, 100 * share, 0)',
      of: { rejected: sumOf(metric), share: { metric, statistic: 'Average' } },
    } as const,
    periodSeconds: 30 * minute,
    threshold: 20,
  };
}

/**
 * All requests of a source, even if there are few: three or more in six hours, and none accepted. One or two
 * requests may come from a stranger. The alarm does not start if a webhook was accepted in the last six hours.
 */
function allRejected(metric: MetricStatistic['metric']) {
  return {
    value: {
      expression: 'IF(rejected >= 3 && share >= 1, 1, 0)',
      of: { rejected: sumOf(metric), share: { metric, statistic: 'Average' } },
    } as const,
    periodSeconds: 6 * hour,
    threshold: 1,
  };
}
