import {
  apiMetric,
  functionMetric,
  queueMetric,
  sourceMetric,
  syncMetric,
  taskEventMetric,
  throttledRequestsMetric,
} from '../metrics.ts';
import {
  type DashboardBodyArgs,
  type Line,
  runbookLink,
  serviceNames,
  type Widget,
} from './widgets.ts';

const parts = ['crmChange', 'taskEvent', 'sync'] as const;

/** The alarms, and what they go by. */
export function failureRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  const { alarms, apiId, functions, metricsNamespace, sources } = args;
  const functionLines = (
    metricName: Parameters<typeof functionMetric>[1],
    stat: 'Maximum' | 'Sum',
  ): Line[] =>
    parts.map((part) => ({
      metric: functionMetric(functions[part].name, metricName),
      stat,
      label: serviceNames[part],
    }));
  const sourceLines = (metricName: 'Failed' | 'Refused'): Line[] => [
    ...sources.map(
      (source): Line => ({
        metric: sourceMetric(metricsNamespace, source, metricName),
        stat: 'Sum',
        label: source,
      }),
    ),
    {
      metric: taskEventMetric(metricsNamespace, `Events${metricName}`),
      stat: 'Sum',
      label: 'Twilio',
    },
  ];
  const visibleLine = (queue: string, label: string): Line => ({
    metric: queueMetric(queue, 'ApproximateNumberOfMessagesVisible'),
    stat: 'Maximum',
    label,
  });
  const syncLine = (metricName: Parameters<typeof syncMetric>[1], label: string): Line => ({
    metric: syncMetric(metricsNamespace, metricName),
    stat: 'Sum',
    label,
  });
  const graph = (title: string, lines: readonly Line[], unit: string): Widget => ({
    width: 6,
    height: 6,
    graph: { title, lines, unit },
  });

  return [
    [
      {
        width: 24,
        height: 2,
        text: `# What fails?\nRed is an alarm; each has its heading in the runbook. ${runbookLink(args, 'Dead letters')} can be replayed at any time; what is refused or turned away at the door (${runbookLink(args, 'Webhooks refused')}, ${runbookLink(args, 'Door turns away')}) is the sender's to send again.`,
      },
    ],
    [{ width: 24, height: 4, title: 'Alarms', alarms }],
    [
      graph(
        'Given up: what lies there',
        [
          visibleLine(args.deadLetterQueue, 'dead letters'),
          visibleLine(args.eventDeadLetterQueue, 'dead events'),
        ],
        'messages',
      ),
      graph(
        'Given up, refused or lost',
        [
          syncLine('DeadLettered', 'given up by sync'),
          syncLine('Rejected', 'can never be applied'),
          syncLine('Unauthorized', 'our key refused by Twilio'),
          {
            metric: functionMetric(functions.crmChange.name, 'DeadLetterErrors'),
            stat: 'Sum',
            label: 'DeadLetterErrors: events lost',
          },
        ],
        'messages',
      ),
      graph('Refused at the door: 4xx', sourceLines('Refused'), 'requests'),
      graph('Not kept at the door: 503', sourceLines('Failed'), 'requests'),
    ],
    [
      graph(
        'All that the door answers',
        [
          { metric: apiMetric(apiId, 'Count'), stat: 'Sum', label: 'requests' },
          { metric: apiMetric(apiId, '4xx'), stat: 'Sum', label: '4xx, strangers included' },
          { metric: apiMetric(apiId, '5xx'), stat: 'Sum', label: '5xx' },
          {
            metric: throttledRequestsMetric(metricsNamespace),
            stat: 'Sum',
            label: '429: more than may be',
          },
        ],
        'requests',
      ),
      graph('Errors of the functions', functionLines('Errors', 'Sum'), 'invocations'),
      graph('Turned away by Lambda', functionLines('Throttles', 'Sum'), 'invocations'),
      graph('How many run at once', functionLines('ConcurrentExecutions', 'Maximum'), 'instances'),
    ],
  ];
}
