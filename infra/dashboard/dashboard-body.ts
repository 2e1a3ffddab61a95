import { finishedTaskTtlSeconds } from '../../shared/config/limits.ts';
import { lagAlarmSeconds } from '../alarms/message-alarms.ts';
import { logGroupMetric, sourceMetric, syncMetric, taskEventMetric } from '../metrics.ts';
import { failureRows } from './failures.ts';
import {
  type DashboardBodyArgs,
  functionLines,
  type Graph,
  graphWidget,
  headingWidget,
  type Line,
  layoutWidgets,
  perFunction,
  queueLines,
  runbookLink,
  sumLine,
  syncLine,
  type Widget,
} from './widgets.ts';

/** The body of a stack's dashboard, as JSON: links, lag, failures, usage. */
export function dashboardBody(args: DashboardBodyArgs): string {
  return JSON.stringify({
    start: '-PT12H',
    periodOverride: 'inherit',
    widgets: layoutWidgets(
      [...linkRows(args), ...latencyRows(args), ...failureRows(args), ...usageRows(args)],
      args.region,
    ),
  });
}

/** Ticket changes that arrive, and links that are written. */
function linkRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  const { metricsNamespace, sources } = args;
  const eventLine = (metricName: Parameters<typeof taskEventMetric>[1], label: string): Line =>
    sumLine(taskEventMetric(metricsNamespace, metricName), label);

  return [
    [
      headingWidget(
        `# Links\nLeft: ticket changes that arrive. Right: links written to conversations. If the line of a source stops during working hours, check its webhook in the CRM. To investigate, begin with ${runbookLink(args, 'First steps')}.`,
      ),
    ],
    [
      graphWidget(12, {
        title: 'Ticket changes accepted, by source',
        lines: sources.map((source) =>
          sumLine(sourceMetric(metricsNamespace, source, 'Accepted'), source),
        ),
        unit: 'changes',
      }),
      graphWidget(12, {
        title: 'Writes to conversations',
        lines: [
          syncLine(args, 'Written', 'Tasks written'),
          syncLine(args, 'Linked', 'linked'),
          syncLine(args, 'Removed', 'removed'),
          syncLine(args, 'Reconciled', 'reconciled: a later segment or recording'),
          syncLine(args, 'Repaired', 'repaired: another writer had removed it'),
        ],
        unit: 'times',
      }),
    ],
    [
      graphWidget(8, {
        title: 'TaskRouter events and their messages',
        lines: [
          eventLine('Events', 'events'),
          eventLine('Reconciles', 'Tasks to reconcile'),
          eventLine('TicketsToLink', 'tickets named by a Task'),
          eventLine('InvalidTicketIds', 'attributes with an invalid ticket id'),
        ],
        unit: 'events',
      }),
      graphWidget(8, {
        title: 'Messages without a write',
        lines: [
          syncLine(args, 'Unchanged', 'unchanged: already there'),
          syncLine(args, 'Stale', 'stale: a newer version is there'),
          syncLine(args, 'Unmatched', 'no Task found'),
          syncLine(args, 'UnmatchedWithSid', 'no Task found for a SID'),
          syncLine(args, 'Expired', 'Task no longer exists'),
          syncLine(args, 'Waiting', 'waiting for an agent'),
        ],
        unit: 'messages',
      }),
      graphWidget(8, {
        title: 'Task attribute limit reached',
        lines: [
          syncLine(args, 'TaskLevelLists', 'links moved to the Task level'),
          syncLine(args, 'TitlesDropped', 'titles dropped'),
          syncLine(args, 'Evicted', 'links dropped'),
          syncLine(args, 'HiddenByRaw', 'segments where a Raw link hides our links'),
        ],
        unit: 'times',
      }),
    ],
  ];
}

/** How late links are, and which part takes the time. */
function latencyRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
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
        lines: queueLines(args, 'ApproximateAgeOfOldestMessage', 'Maximum', 'age'),
        unit: 'seconds',
      }),
      graphWidget(6, {
        title: 'Messages in the queues',
        lines: [
          ...queueLines(args, 'ApproximateNumberOfMessagesVisible', 'Maximum', 'visible'),
          ...queueLines(args, 'ApproximateNumberOfMessagesNotVisible', 'Maximum', 'in flight'),
          ...queueLines(args, 'ApproximateNumberOfMessagesDelayed', 'Maximum', 'delayed'),
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

/** The usage that AWS bills, per hour. */
function usageRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
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
          ...queueLines(args, 'NumberOfMessagesSent', 'Sum', 'sent'),
          ...queueLines(args, 'NumberOfMessagesReceived', 'Sum', 'received'),
          ...queueLines(args, 'NumberOfMessagesDeleted', 'Sum', 'deleted'),
          ...queueLines(args, 'NumberOfEmptyReceives', 'Sum', 'empty receives'),
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
