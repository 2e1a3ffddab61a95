import { finishedTaskTtlSeconds } from '../../shared/config/limits.ts';
import { lagAlarmSeconds } from '../alarms.ts';
import { functionMetric, queueMetric, syncMetric } from '../metrics.ts';
import {
  type DashboardBodyArgs,
  type Graph,
  type Line,
  runbookLink,
  serviceNames,
  type Widget,
} from './widgets.ts';

/** How late links are, and where the time is. */
export function latencyRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  const { functions, metricsNamespace, queue } = args;
  const lagGraph = (
    title: string,
    metricName: 'LinkLag' | 'OwnLag',
    limit: NonNullable<Graph['limit']>,
  ): Graph => {
    const metric = syncMetric(metricsNamespace, metricName);
    return {
      title,
      lines: [
        { metric, stat: 'p50', id: 'middle', hidden: true },
        { metric, stat: 'p99', id: 'slowest', hidden: true },
        { expression: 'middle / 1000', id: 'middle_seconds', label: 'half of them: p50' },
        { expression: 'slowest / 1000', id: 'slowest_seconds', label: 'all but 1 in 100: p99' },
      ],
      limit,
      unit: 'seconds',
    };
  };
  const queueLine = (metricName: Parameters<typeof queueMetric>[1], label: string): Line => ({
    metric: queueMetric(queue, metricName),
    stat: 'Maximum',
    label,
  });
  const syncLine = (metricName: Parameters<typeof syncMetric>[1], label: string): Line => ({
    metric: syncMetric(metricsNamespace, metricName),
    stat: 'Sum',
    label,
  });

  return [
    [
      {
        width: 24,
        height: 2,
        text: `# How late?\nOf links that could be made at once: none that waited for an agent or for its conversation. On the left as a supervisor sees it, the CRM's part included; on the right our part of it. See ${runbookLink(args, 'Links late')} and ${runbookLink(args, 'Queue backlog')}.`,
      },
    ],
    [
      {
        width: 12,
        height: 6,
        graph: lagGraph('From the change in the CRM to the link', 'LinkLag', {
          label: 'a finished Task is gone',
          value: finishedTaskTtlSeconds,
        }),
      },
      {
        width: 12,
        height: 6,
        graph: lagGraph('From the door to the link', 'OwnLag', {
          label: 'links late',
          value: lagAlarmSeconds,
        }),
      },
    ],
    [
      {
        width: 6,
        height: 6,
        graph: {
          title: 'The oldest message that waits to be taken',
          lines: [queueLine('ApproximateAgeOfOldestMessage', 'its age')],
          unit: 'seconds',
        },
      },
      {
        width: 6,
        height: 6,
        graph: {
          title: 'Messages in the queue',
          lines: [
            queueLine('ApproximateNumberOfMessagesVisible', 'wait to be taken'),
            queueLine('ApproximateNumberOfMessagesNotVisible', 'taken, or to be tried again'),
            queueLine('ApproximateNumberOfMessagesDelayed', 'put off on purpose'),
          ],
          unit: 'messages',
        },
      },
      {
        width: 6,
        height: 6,
        graph: {
          title: 'Twilio',
          lines: [
            syncLine('TwilioCalls', 'requests'),
            syncLine('Retry', 'to be tried again'),
            syncLine('Conflicts', 'written over by others meanwhile'),
            syncLine('BreakerOpened', 'pauses, as it does not answer'),
          ],
          unit: 'times',
        },
      },
      {
        width: 6,
        height: 6,
        graph: {
          title: 'How long the functions take, all but 1 in 100',
          lines: (['crmChange', 'taskEvent', 'sync'] as const).map((part) => ({
            metric: functionMetric(functions[part].name, 'Duration'),
            stat: 'p99',
            label: serviceNames[part],
          })),
          unit: 'ms',
        },
      },
    ],
  ];
}
