import { sourceMetric, taskEventMetric } from '../metrics.ts';
import { failureRows } from './failures.ts';
import { latencyRows } from './latency.ts';
import { type DashboardBodyArgs, type Line, sumLine, syncLine } from './lines.ts';
import { usageRows } from './usage.ts';
import { graphWidget, headingWidget, layoutWidgets, runbookLink, type Widget } from './widgets.ts';

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
