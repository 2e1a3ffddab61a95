import { finishedTaskTtlSeconds } from '../../../shared/config/numbers.ts';
import { ofFunction, ofQueue, ofSync } from '../metrics.ts';
import { lateSeconds } from '../watches.ts';
import { inRunbook, type Shown, serviceOf } from './shown.ts';
import type { Graph, Line, Widget } from './widgets.ts';

/** How late links are, and where the time is. */
export const howLate = (shown: Shown): readonly (readonly Widget[])[] => {
  const { functions, metricsNamespace, queue } = shown;
  const lag = (
    title: string,
    metricName: 'LinkLag' | 'OwnLag',
    limit: NonNullable<Graph['limit']>,
  ): Graph => {
    const metric = ofSync(metricsNamespace, metricName);
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
  const waiting = (metricName: Parameters<typeof ofQueue>[1], label: string): Line => ({
    metric: ofQueue(queue, metricName),
    stat: 'Maximum',
    label,
  });
  const counted = (metricName: Parameters<typeof ofSync>[1], label: string): Line => ({
    metric: ofSync(metricsNamespace, metricName),
    stat: 'Sum',
    label,
  });

  return [
    [
      {
        width: 24,
        height: 2,
        text: `# How late?\nOf links that could be made at once: none that waited for an agent or for its conversation. On the left as a supervisor sees it, the CRM's part included; on the right our part of it. See ${inRunbook(shown, 'Links late')} and ${inRunbook(shown, 'Queue backlog')}.`,
      },
    ],
    [
      {
        width: 12,
        height: 6,
        graph: lag('From the change in the CRM to the link', 'LinkLag', {
          label: 'a finished Task is gone',
          value: finishedTaskTtlSeconds,
        }),
      },
      {
        width: 12,
        height: 6,
        graph: lag('From the door to the link', 'OwnLag', {
          label: 'links late',
          value: lateSeconds,
        }),
      },
    ],
    [
      {
        width: 6,
        height: 6,
        graph: {
          title: 'The oldest message that waits to be taken',
          lines: [waiting('ApproximateAgeOfOldestMessage', 'its age')],
          unit: 'seconds',
        },
      },
      {
        width: 6,
        height: 6,
        graph: {
          title: 'Messages in the queue',
          lines: [
            waiting('ApproximateNumberOfMessagesVisible', 'wait to be taken'),
            waiting('ApproximateNumberOfMessagesNotVisible', 'taken, or to be tried again'),
            waiting('ApproximateNumberOfMessagesDelayed', 'put off on purpose'),
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
            counted('TwilioCalls', 'requests'),
            counted('Retry', 'to be tried again'),
            counted('Conflicts', 'written over by others meanwhile'),
            counted('BreakerOpened', 'pauses, as it does not answer'),
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
            metric: ofFunction(functions[part].name, 'Duration'),
            stat: 'p99',
            label: serviceOf[part],
          })),
          unit: 'ms',
        },
      },
    ],
  ];
};
