import { finishedTaskTtlSeconds } from '../../shared/config/limits.ts';
import { lagAlarmSeconds } from '../alarms/link-alarms.ts';
import { syncMetric } from '../metrics.ts';
import { type DashboardBodyArgs, functionLines, queueLine, syncLine } from './lines.ts';
import { type Graph, graphWidget, headingWidget, runbookLink, type Widget } from './widgets.ts';

/** How late links are, and where the time goes. */
export function latencyRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  return [
    [
      headingWidget(
        `# Lag\nOnly links that did not wait for an agent or for a Task. Left: from the change in the CRM. Right: from our webhook. See ${runbookLink(args, 'Link lag p99')} and ${runbookLink(args, 'Queue backlog')}.`,
      ),
    ],
    [
      graphWidget(
        12,
        lagGraph(args, 'Lag from the CRM change to the link', 'LinkLag', {
          label: 'Twilio deletes a completed Task',
          value: finishedTaskTtlSeconds,
        }),
      ),
      graphWidget(
        12,
        lagGraph(args, 'Lag from the webhook to the link', 'ProcessingLag', {
          label: 'link-lag-p99 alarm',
          value: lagAlarmSeconds,
        }),
      ),
    ],
    [
      graphWidget(6, {
        title: 'Age of the oldest message',
        lines: [queueLine(args, 'ApproximateAgeOfOldestMessage', 'Maximum', 'age')],
        unit: 'seconds',
      }),
      graphWidget(6, {
        title: 'Messages in the queue',
        lines: [
          queueLine(args, 'ApproximateNumberOfMessagesVisible', 'Maximum', 'visible'),
          queueLine(args, 'ApproximateNumberOfMessagesNotVisible', 'Maximum', 'in flight'),
          queueLine(args, 'ApproximateNumberOfMessagesDelayed', 'Maximum', 'delayed'),
        ],
        unit: 'messages',
      }),
      graphWidget(6, {
        title: 'Twilio',
        lines: [
          syncLine(args, 'TwilioCalls', 'requests'),
          syncLine(args, 'Retry', 'retried'),
          syncLine(args, 'Conflicts', 'write conflicts (412)'),
          syncLine(args, 'CircuitOpened', 'circuit breaker opened'),
        ],
        unit: 'times',
      }),
      graphWidget(6, {
        title: 'Function duration, p99',
        lines: functionLines(args, 'Duration', 'p99'),
        unit: 'ms',
      }),
    ],
  ];
}

/** The metrics are in milliseconds; the graph shows seconds. */
function lagGraph(
  { metricsNamespace }: DashboardBodyArgs,
  title: string,
  metricName: 'LinkLag' | 'ProcessingLag',
  limit: NonNullable<Graph['limit']>,
): Graph {
  const metric = syncMetric(metricsNamespace, metricName);
  return {
    title,
    lines: [
      { metric, stat: 'p50', id: 'p50_ms', hidden: true },
      { metric, stat: 'p99', id: 'p99_ms', hidden: true },
      { expression: 'p50_ms / 1000', id: 'p50_seconds', label: 'p50' },
      { expression: 'p99_ms / 1000', id: 'p99_seconds', label: 'p99' },
    ],
    limit,
    unit: 'seconds',
  };
}
