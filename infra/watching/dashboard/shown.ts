/** What each function calls itself. */
export const serviceNames = {
  crmChange: 'crm-change',
  taskEvent: 'task-event',
  sync: 'sync',
} as const;

interface DashboardFunction {
  readonly name: string;
  readonly logGroup: string;
}

/** What a dashboard shows, by the names that it has. */
export interface DashboardBodyArgs {
  readonly region: string;
  readonly metricsNamespace: string;
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly eventDeadLetterQueue: string;
  readonly functions: Readonly<Record<'crmChange' | 'taskEvent' | 'sync', DashboardFunction>>;
  readonly apiId: string;
  /** Log group of the API. */
  readonly accessLog: string;
  /** All sources, those of EventBridge too. */
  readonly sources: readonly string[];
  /** ARNs of the alarms. */
  readonly alarms: readonly string[];
  /** The page that has a heading for each alarm: a URL, or a path in the project. */
  readonly runbookUrl: string;
}

/** A place in the runbook: a link, where the runbook has a URL. */
export const runbookLink = ({ runbookUrl }: Pick<DashboardBodyArgs, 'runbookUrl'>, heading: string): string => {
  const anchor = heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
  return runbookUrl.startsWith('https:')
    ? `[${heading}](${runbookUrl}#${anchor})`
    : `${heading} (${runbookUrl}#${anchor})`;
};
