import { howLate } from './how-late.ts';
import { howMuchIsUsed } from './how-much-is-used.ts';
import { isItLinking } from './is-it-linking.ts';
import type { Shown } from './shown.ts';
import { whatFails } from './what-fails.ts';
import { layOut } from './widgets.ts';

/** The body of a stack's dashboard, as JSON: is it linking, how late, what fails, how much is used. */
export const dashboardBody = (shown: Shown): string =>
  JSON.stringify({
    start: '-PT12H',
    periodOverride: 'inherit',
    widgets: layOut(
      [...isItLinking(shown), ...howLate(shown), ...whatFails(shown), ...howMuchIsUsed(shown)],
      shown.region,
    ),
  });
