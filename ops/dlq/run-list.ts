import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { printJson } from '../printable.ts';
import { filterBy } from './filter.ts';
import { type FilterOptions, toFilter } from './filter-options.ts';
import { listedJson, printLetters } from './print-letters.ts';
import { printSummary } from './print-summary.ts';
import { readLetters } from './read-letters.ts';
import { summarise } from './summary.ts';
import { unseenText } from './unseen.ts';

/** What an operator says of a list. */
export interface ListSettings extends FilterOptions {
  /** One line for each letter too. */
  readonly each?: true;
  readonly json?: true;
}

/** Tells what lies in the dead-letter queue. */
export const runList = async (
  deployment: Deployment,
  options: ListSettings,
  context: Context,
): Promise<ExitCode> => {
  const { name } = deployment;
  const stop = context.stopSignal();
  const now = Date.now();
  const wants = filterBy(toFilter(options), now);
  const found = await readLetters(deployment, wants, stop, context);
  const { letters, hidden, missing } = found;
  const summary = summarise(letters, now);
  if (options.json) {
    const each = options.each && { letters: letters.map(listedJson) };
    const complete = !stop.aborted && hidden + missing === 0;
    context.out(printJson({ deployment: name, complete, hidden, missing, ...summary, ...each }));
  } else {
    const { bold, yellow } = context.colors;
    context.out(`${bold('Dead letters')}, ${name}: ${summary.total || 'none'}\n`);
    for (const text of unseenText(found)) context.out(`${yellow('!')} ${text}\n`);
    if (stop.aborted) context.out(`${yellow('!')} Stopped: these are not all.\n`);
    if (summary.total > 0) context.out(`\n${printSummary(summary, now, context.colors)}`);
    if (options.each && letters.length > 0) context.out(`\n${printLetters(letters, now)}`);
  }
  return stop.aborted ? exitCodes.stopped : exitCodes.done;
};
