import { ofEvents, ofSource, ofSync } from '../metrics.ts';
import { inRunbook, type Shown } from './shown.ts';
import type { Line, Widget } from './widgets.ts';

/** What comes in, and what becomes of it. */
export const isItLinking = (shown: Shown): readonly (readonly Widget[])[] => {
  const { metricsNamespace, sources } = shown;
  const counted = (metricName: Parameters<typeof ofSync>[1], label: string): Line => ({
    metric: ofSync(metricsNamespace, metricName),
    stat: 'Sum',
    label,
  });
  const events = (metricName: Parameters<typeof ofEvents>[1], label: string): Line => ({
    metric: ofEvents(metricsNamespace, metricName),
    stat: 'Sum',
    label,
  });

  return [
    [
      {
        width: 24,
        height: 2,
        text: `# Is it linking?\nChanges come in on the left, tickets appear on conversations on the right. A source whose line ends in working hours sends nothing any more: look at its webhook in the CRM. ${inRunbook(shown, 'First, always')} tells where to begin.`,
      },
    ],
    [
      {
        width: 12,
        height: 6,
        graph: {
          title: 'Ticket changes taken in, by source',
          lines: sources.map((source) => ({
            metric: ofSource(metricsNamespace, source, 'Accepted'),
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
            counted('Linked', 'linked'),
            counted('Removed', 'removed'),
            counted('Settled', 'settled: a later segment or recording'),
            counted('Restored', 'restored: somebody had wiped it'),
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
            events('Events', 'events'),
            events('Settles', 'Tasks to be settled'),
            events('NamedTickets', 'tickets that a Task names'),
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
            counted('Unchanged', 'unchanged: it was there'),
            counted('Stale', 'stale: a newer one was'),
            counted('Unmatched', 'no such conversation'),
            counted('Expired', 'the conversation was over'),
            counted('Waiting', 'waits for an agent'),
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
            counted('Folded', 'folded to the Task'),
            counted('TitlesDropped', 'titles dropped'),
            counted('Evicted', 'links dropped'),
            counted('Hidden', 'segments where a Raw link hides ours'),
          ],
          unit: 'times',
        },
      },
    ],
  ];
};
