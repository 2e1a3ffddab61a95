import { ofApi, ofEvents, ofFunction, ofQueue, ofSource, ofSync, turnedAway } from '../metrics.ts';
import { inRunbook, type Shown, serviceOf } from './shown.ts';
import type { Line, Widget } from './widgets.ts';

const parts = ['crmChange', 'taskEvent', 'sync'] as const;

/** The alarms, and what they go by. */
export const whatFails = (shown: Shown): readonly (readonly Widget[])[] => {
  const { alarms, apiId, functions, metricsNamespace, sources } = shown;
  const ofEach = (metricName: Parameters<typeof ofFunction>[1], stat: 'Maximum' | 'Sum'): Line[] =>
    parts.map((part) => ({
      metric: ofFunction(functions[part].name, metricName),
      stat,
      label: serviceOf[part],
    }));
  const bySource = (metricName: 'Failed' | 'Refused'): Line[] => [
    ...sources.map(
      (source): Line => ({
        metric: ofSource(metricsNamespace, source, metricName),
        stat: 'Sum',
        label: source,
      }),
    ),
    { metric: ofEvents(metricsNamespace, `Events${metricName}`), stat: 'Sum', label: 'Twilio' },
  ];
  const lying = (queue: string, label: string): Line => ({
    metric: ofQueue(queue, 'ApproximateNumberOfMessagesVisible'),
    stat: 'Maximum',
    label,
  });
  const counted = (metricName: Parameters<typeof ofSync>[1], label: string): Line => ({
    metric: ofSync(metricsNamespace, metricName),
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
        text: `# What fails?\nRed is an alarm; each has its heading in the runbook. ${inRunbook(shown, 'Dead letters')} can be replayed at any time; what is refused or turned away at the door (${inRunbook(shown, 'Webhooks refused')}, ${inRunbook(shown, 'Door turns away')}) is the sender's to send again.`,
      },
    ],
    [{ width: 24, height: 4, title: 'Alarms', alarms }],
    [
      graph(
        'Given up: what lies there',
        [lying(shown.deadLetters, 'dead letters'), lying(shown.deadEvents, 'dead events')],
        'messages',
      ),
      graph(
        'Given up, refused or lost',
        [
          counted('DeadLettered', 'given up by sync'),
          counted('Rejected', 'can never be applied'),
          counted('Unauthorized', 'our key refused by Twilio'),
          {
            metric: ofFunction(functions.crmChange.name, 'DeadLetterErrors'),
            stat: 'Sum',
            label: 'DeadLetterErrors: events lost',
          },
        ],
        'messages',
      ),
      graph('Refused at the door: 4xx', bySource('Refused'), 'requests'),
      graph('Not kept at the door: 503', bySource('Failed'), 'requests'),
    ],
    [
      graph(
        'All that the door answers',
        [
          { metric: ofApi(apiId, 'Count'), stat: 'Sum', label: 'requests' },
          { metric: ofApi(apiId, '4xx'), stat: 'Sum', label: '4xx, strangers included' },
          { metric: ofApi(apiId, '5xx'), stat: 'Sum', label: '5xx' },
          { metric: turnedAway(metricsNamespace), stat: 'Sum', label: '429: more than may be' },
        ],
        'requests',
      ),
      graph('Errors of the functions', ofEach('Errors', 'Sum'), 'invocations'),
      graph('Turned away by Lambda', ofEach('Throttles', 'Sum'), 'invocations'),
      graph('How many run at once', ofEach('ConcurrentExecutions', 'Maximum'), 'instances'),
    ],
  ];
};
