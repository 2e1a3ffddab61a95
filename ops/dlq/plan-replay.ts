import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { printJson } from '../printable.ts';
import { spanText } from '../time-text.ts';
import { filterBy } from './filter.ts';
import { toFilter } from './filter-options.ts';
import { printSummary } from './print-summary.ts';
import { readLetters } from './read-letters.ts';
import type { ReplaySettings } from './replay-settings.ts';
import { summarise } from './summary.ts';
import { refuseToGuess, unseenText } from './unseen.ts';

/** The dry run: counts what would be sent, and sends nothing. */
export const planReplay = async (
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> => {
  const { name } = deployment;
  const stop = context.stopSignal();
  const now = Date.now();
  const found = await readLetters(deployment, filterBy(toFilter(settings), now), stop, context);
  if (stop.aborted) return exitCodes.stopped;
  refuseToGuess(found);
  const { letters, hidden, missing } = found;
  const summary = summarise(letters, now);
  const count = Math.min(letters.length, settings.limit ?? letters.length);
  if (settings.json) {
    context.out(
      printJson({ deployment: name, wouldSend: count, hidden, missing, matching: summary }),
    );
  } else {
    const { bold, yellow } = context.colors;
    const takes = spanText((count / settings.rate) * 1000);
    const lines = [
      `${bold('Replay')}, ${name}: ${count === 0 ? 'no dead letter is meant' : `${count} dead letters would be sent again, in ${takes} at ${settings.rate} a second`}`,
      ...(count < letters.length ? [`  of ${letters.length} that are meant`] : []),
      '',
      ...(count === 0 ? [] : [printSummary(summary, now, context.colors)]),
      ...unseenText(found).map((text) => `${yellow('!')} ${text}`),
      count === 0 ? 'Nothing to do.' : 'This is the plan; nothing was sent. Add --yes to do it.',
      '',
    ];
    context.out(lines.join('\n'));
  }
  return count === 0 ? exitCodes.done : exitCodes.wouldChange;
};
