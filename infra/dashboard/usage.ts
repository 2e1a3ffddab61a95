import { functionMetric, logGroupMetric, queueMetric } from '../metrics.ts';
import { type DashboardBodyArgs, type Line, serviceNames, type Widget } from './widgets.ts';

/** What AWS bills by use, by the hour. */
export function usageRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  const { accessLog, functions, queue } = args;
  const functionLines = (metricName: 'Duration' | 'Invocations'): Line[] =>
    parts.map((part) => ({
      metric: functionMetric(functions[part].name, metricName),
      stat: 'Sum',
      label: serviceNames[part],
    }));
  const queueLine = (metricName: Parameters<typeof queueMetric>[1], label: string): Line => ({
    metric: queueMetric(queue, metricName),
    stat: 'Sum',
    label,
  });
  const logLine = (logGroup: string, label: string): Line => ({
    metric: logGroupMetric(logGroup, 'IncomingBytes'),
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
      graph('Invocations of the functions', functionLines('Invocations'), 'invocations'),
      graph('Time that the functions ran', functionLines('Duration'), 'ms'),
      graph(
        'Messages of the queue',
        [
          queueLine('NumberOfMessagesSent', 'sent'),
          queueLine('NumberOfMessagesReceived', 'received'),
          queueLine('NumberOfMessagesDeleted', 'deleted'),
          queueLine('NumberOfEmptyReceives', 'receives that got none'),
        ],
        'messages',
      ),
      graph(
        'Logs taken in',
        [
          ...parts.map((part) => logLine(functions[part].logGroup, serviceNames[part])),
          logLine(accessLog, 'access log'),
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
