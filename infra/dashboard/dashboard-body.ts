import { sourceMetric, syncMetric, taskEventMetric } from '../metrics.ts';
import { failureRows } from './failures.ts';
import { latencyRows } from './latency.ts';
import { usageRows } from './usage.ts';
import {
  type DashboardBodyArgs,
  type Line,
  layoutWidgets,
  runbookLink,
  type Widget,
} from './widgets.ts';

/** The body of a stack's dashboard, as JSON: is it linking, how late, what fails, how much is used. */
export function dashboardBody(args: DashboardBodyArgs): string {
  return JSON.stringify({
    start: '-PT12H',
    periodOverride: 'inherit',
    widgets: layoutWidgets(
      [...trafficRows(args), ...latencyRows(args), ...failureRows(args), ...usageRows(args)],
      args.region,
    ),
  });
}

/** What comes in, and what becomes of it. */
function trafficRows(args: DashboardBodyArgs): readonly (readonly Widget[])[] {
  const { metricsNamespace, sources } = args;
  const syncLine = (metricName: Parameters<typeof syncMetric>[1], label: string): Line => ({
    metric: syncMetric(metricsNamespace, metricName),
    stat: 'Sum',
    label,
  });
  const eventLine = (metricName: Parameters<typeof taskEventMetric>[1], label: string): Line => ({
    metric: taskEventMetric(metricsNamespace, metricName),
    stat: 'Sum',
    label,
  });

  return [
    [
      {
        width: 24,
        height: 2,
        text: `# Is it linking?\nChanges come in on the left, tickets appear on conversations on the right. A source whose line ends in working hours sends nothing any more: look at its webhook in the CRM. ${runbookLink(args, 'First, always')} tells where to begin.`,
      },
    ],
    [
      {
        width: 12,
        height: 6,
        graph: {
          title: 'Ticket changes taken in, by source',
          lines: sources.map((source) => ({
            metric: sourceMetric(metricsNamespace, source, 'Accepted'),
            stat: 'Sum',
            label: source,
          })),
          unit: 'changes',
        },
      },
      {
        width: 12,
        height: 6,
        graph: {
          title: 'What was written to conversations',
          lines: [
            syncLine('Linked', 'linked'),
            syncLine('Removed', 'removed'),
            syncLine('Settled', 'settled: a later segment or recording'),
            syncLine('Restored', 'restored: somebody had wiped it'),
          ],
          unit: 'times',
        },
      },
    ],
    [
      {
        width: 8,
        height: 6,
        graph: {
          title: 'Events of TaskRouter, and what they called for',
          lines: [
            eventLine('Events', 'events'),
            eventLine('Settles', 'Tasks to be settled'),
            eventLine('NamedTickets', 'tickets that a Task names'),
          ],
          unit: 'events',
        },
      },
      {
        width: 8,
        height: 6,
        graph: {
          title: 'What called for no writing',
          lines: [
            syncLine('Unchanged', 'unchanged: it was there'),
            syncLine('Stale', 'stale: a newer one was'),
            syncLine('Unmatched', 'no such conversation'),
            syncLine('Expired', 'the conversation was over'),
            syncLine('Waiting', 'waits for an agent'),
          ],
          unit: 'messages',
        },
      },
      {
        width: 8,
        height: 6,
        graph: {
          title: 'What Tasks had no room for',
          lines: [
            syncLine('Folded', 'folded to the Task'),
            syncLine('TitlesDropped', 'titles dropped'),
            syncLine('Evicted', 'links dropped'),
            syncLine('Hidden', 'segments where a Raw link hides ours'),
          ],
          unit: 'times',
        },
      },
    ],
  ];
}
