import { logGroupMetric } from '../metrics.ts';
import {
  type DashboardBodyArgs,
  functionLines,
  type Line,
  perFunction,
  queueLine,
  sumLine,
} from './lines.ts';
import { graphWidget, headingWidget, type Widget } from './widgets.ts';

/** What AWS bills by use, per hour. */
export function usageRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  return [
    [
      headingWidget(
        '# Usage\nWhat AWS bills by use, per hour. API requests are above. docs/cost.md of the project has the formula. AWS Cost Explorer shows the cost, by the tags `application` and `stack`.',
      ),
    ],
    [
      hourlyGraph('Function invocations', functionLines(args, 'Invocations', 'Sum'), 'invocations'),
      hourlyGraph('Function duration', functionLines(args, 'Duration', 'Sum'), 'ms'),
      hourlyGraph(
        'Queue messages',
        [
          queueLine(args, 'NumberOfMessagesSent', 'Sum', 'sent'),
          queueLine(args, 'NumberOfMessagesReceived', 'Sum', 'received'),
          queueLine(args, 'NumberOfMessagesDeleted', 'Sum', 'deleted'),
          queueLine(args, 'NumberOfEmptyReceives', 'Sum', 'empty receives'),
        ],
        'messages',
      ),
      hourlyGraph(
        'Log bytes ingested',
        [
          ...perFunction(args, ({ logGroup }, label) => logLine(logGroup, label)),
          logLine(args.accessLog, 'access log'),
        ],
        'bytes',
      ),
    ],
  ];
}

const hour = 3600;

function hourlyGraph(title: string, lines: readonly Line[], unit: string): Widget {
  return graphWidget(6, { title, lines, unit, stacked: true, period: hour });
}

function logLine(logGroup: string, label: string): Line {
  return sumLine(logGroupMetric(logGroup, 'IncomingBytes'), label);
}
