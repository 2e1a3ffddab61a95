import { howLate } from './how-late.ts';
import { isItLinking } from './is-it-linking.ts';
import type { Shown } from './shown.ts';
import { whatFails } from './what-fails.ts';
import { whatItCosts } from './what-it-costs.ts';
import { layOut } from './widgets.ts';

/** The body of a stack's dashboard, as JSON: is it linking, how late, what fails, what does it cost. */
export const dashboardBody = (shown: Shown): string =>
  JSON.stringify({
    start: '-PT12H',
    periodOverride: 'inherit',
    widgets: layOut(
      [...isItLinking(shown), ...howLate(shown), ...whatFails(shown), ...whatItCosts(shown)],
      shown.region,
    ),
  });
