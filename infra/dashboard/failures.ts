import { deadLetterReasons } from '../alarms/message-alarms.ts';
import {
  apiMetric,
  functionMetric,
  queueMetric,
  sourceMetric,
  taskEventMetric,
  throttledRequestsMetric,
} from '../metrics.ts';
import {
  type DashboardBodyArgs,
  functionLines,
  graphWidget,
  headingWidget,
  type Line,
  runbookLink,
  sumLine,
  syncLine,
  type Widget,
} from './widgets.ts';

/** The state of the alarms, and the metrics behind them. */
export function failureRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  const { alarms, apiId, functions, metricsNamespace, sources } = args;
  const errorLines = (metricName: 'ClientErrors' | 'ServerErrors'): Line[] => [
    ...sources.map((source) => sumLine(sourceMetric(metricsNamespace, source, metricName), source)),
    sumLine(taskEventMetric(metricsNamespace, metricName), 'Twilio'),
  ];

  return [
    [
      headingWidget(
        `# Failures\nEach alarm has its own heading in the runbook. ${runbookLink(args, 'Dead letters')} can be replayed at any time. Requests that got 4xx or 429 must be repeated by the sender: ${runbookLink(args, 'Webhook 4xx')}, ${runbookLink(args, 'Webhook throttled')}.`,
      ),
    ],
    [{ width: 24, height: 4, title: 'Alarms', alarms }],
    [
      graphWidget(6, {
        title: 'Messages in the dead-letter queues',
        lines: [
          visibleLine(args.deadLetterQueue, 'dead letters'),
          visibleLine(args.eventDeadLetterQueue, 'event dead letters'),
        ],
        unit: 'messages',
      }),
      graphWidget(6, {
        title: 'Dead-lettered, rejected or lost',
        lines: [
          syncLine(args, 'DeadLettered', 'dead-lettered by sync'),
          syncLine(args, 'Rejected', 'rejected: can never be applied'),
          sumLine(
            functionMetric(functions.crmChange.name, 'DeadLetterErrors'),
            'DeadLetterErrors: events lost',
          ),
        ],
        unit: 'messages',
      }),
      graphWidget(6, {
        title: 'Requests answered with 4xx',
        lines: errorLines('ClientErrors'),
        unit: 'requests',
      }),
      graphWidget(6, {
        title: 'Requests answered with 503',
        lines: errorLines('ServerErrors'),
        unit: 'requests',
      }),
    ],
    [
      graphWidget(12, {
        title: 'Retried, by reason',
        lines: [
          syncLine(args, 'TaskRouterUnavailable', 'TaskRouter fails, or answers 429'),
          syncLine(args, 'TaskRouterInvalidResponse', 'TaskRouter answers something else'),
          syncLine(args, 'Unauthorized', 'Twilio rejects the API key'),
          syncLine(args, 'Crashed', 'our code throws an error'),
          syncLine(args, 'WriteConflict', 'others write to the Task without pause'),
          syncLine(args, 'OutOfTime', 'no time left in the invocation'),
          syncLine(args, 'SyncDidNotFinish', 'the process ended'),
        ],
        unit: 'tries',
        stacked: true,
      }),
      graphWidget(12, {
        title: 'Dead-lettered by sync, by reason',
        lines: deadLetterReasons.map(([reason]) =>
          syncLine(args, `DeadLettered-${reason}`, reason),
        ),
        unit: 'messages',
        stacked: true,
      }),
    ],
    [
      graphWidget(6, {
        title: 'API responses',
        lines: [
          sumLine(apiMetric(apiId, 'Count'), 'requests'),
          sumLine(apiMetric(apiId, '4xx'), '4xx, unknown routes included'),
          sumLine(apiMetric(apiId, '5xx'), '5xx'),
          sumLine(throttledRequestsMetric(metricsNamespace), '429: throttled'),
        ],
        unit: 'requests',
      }),
      graphWidget(6, {
        title: 'Function errors',
        lines: functionLines(args, 'Errors', 'Sum'),
        unit: 'invocations',
      }),
      graphWidget(6, {
        title: 'Function throttles',
        lines: functionLines(args, 'Throttles', 'Sum'),
        unit: 'invocations',
      }),
      graphWidget(6, {
        title: 'Concurrent executions',
        lines: functionLines(args, 'ConcurrentExecutions', 'Maximum'),
        unit: 'instances',
      }),
    ],
  ];
}

function visibleLine(queue: string, label: string): Line {
  return {
    metric: queueMetric(queue, 'ApproximateNumberOfMessagesVisible'),
    stat: 'Maximum',
    label,
  };
}
