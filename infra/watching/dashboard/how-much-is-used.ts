import { ofFunction, ofLogs, ofQueue } from '../metrics.ts';
import { type Shown, serviceOf } from './shown.ts';
import type { Line, Widget } from './widgets.ts';

/** What AWS bills by use, by the hour. */
export function howMuchIsUsed(shown: Shown): readonly (readonly Widget[])[] {
  const { accessLog, functions, queue } = shown;
  const byFunction = (metricName: 'Duration' | 'Invocations'): Line[] =>
    parts.map((part) => ({
      metric: ofFunction(functions[part].name, metricName),
      stat: 'Sum',
      label: serviceOf[part],
    }));
  const ofChanges = (metricName: Parameters<typeof ofQueue>[1], label: string): Line => ({
    metric: ofQueue(queue, metricName),
    stat: 'Sum',
    label,
  });
  const logged = (logGroup: string, label: string): Line => ({
    metric: ofLogs(logGroup, 'IncomingBytes'),
    stat: 'Sum',
    label,
  });

  return [
    [
      {
        width: 24,
        height: 2,
        text: '# How much is used?\nWhat AWS bills by use, by the hour; the requests to the API are further up. docs/cost.md of the project has the formula. AWS Cost Explorer shows the cost, by the tags `application` and `stack`.',
      },
    ],
    [
      graph('Invocations of the functions', byFunction('Invocations'), 'invocations'),
      graph('Time that the functions ran', byFunction('Duration'), 'ms'),
      graph(
        'Messages of the queue',
        [
          ofChanges('NumberOfMessagesSent', 'sent'),
          ofChanges('NumberOfMessagesReceived', 'received'),
          ofChanges('NumberOfMessagesDeleted', 'deleted'),
          ofChanges('NumberOfEmptyReceives', 'receives that got none'),
        ],
        'messages',
      ),
      graph(
        'Logs taken in',
        [
          ...parts.map((part) => logged(functions[part].logGroup, serviceOf[part])),
          logged(accessLog, 'access log'),
        ],
        'bytes',
      ),
    ],
  ];
}

const parts = ['crmChange', 'taskEvent', 'sync'] as const;

const hour = 3600;

function graph(title: string, lines: readonly Line[], unit: string): Widget {
  return { width: 6, height: 6, graph: { title, lines, unit, stacked: true, period: hour } };
}
