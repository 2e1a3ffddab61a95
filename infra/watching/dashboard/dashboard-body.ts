import { latencyRows } from './how-late.ts';
import { usageRows } from './how-much-is-used.ts';
import { trafficRows } from './is-it-linking.ts';
import type { DashboardBodyArgs } from './shown.ts';
import { failureRows } from './what-fails.ts';
import { layoutWidgets } from './widgets.ts';

/** The body of a stack's dashboard, as JSON: is it linking, how late, what fails, how much is used. */
export const dashboardBody = (args: DashboardBodyArgs): string =>
  JSON.stringify({
    start: '-PT12H',
    periodOverride: 'inherit',
    widgets: layoutWidgets(
      [...trafficRows(args), ...latencyRows(args), ...failureRows(args), ...usageRows(args)],
      args.region,
    ),
  });
