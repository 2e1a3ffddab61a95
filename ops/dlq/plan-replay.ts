import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { printJson } from '../printable.ts';
import { formatDuration } from '../time-text.ts';
import { createMatcher } from './filter.ts';
import { toFilter } from './filter-options.ts';
import { printSummary } from './print-summary.ts';
import { readDeadLetters } from './read-letters.ts';
import type { ReplaySettings } from './replay-settings.ts';
import { summarise } from './summary.ts';
import { assertNothingMissed, notReceivedText } from './unseen.ts';

/** The dry run: counts what would be sent, and sends nothing. */
export const planReplay = async (
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> => {
  const { name } = deployment;
  const stop = context.stopSignal();
  const now = Date.now();
  const found = await readDeadLetters(deployment, createMatcher(toFilter(settings), now), stop, context);
  if (stop.aborted) return exitCodes.stopped;
  assertNothingMissed(found);
  const { deadLetters, inFlight, notReturned } = found;
  const summary = summarise(deadLetters, now);
  const count = Math.min(deadLetters.length, settings.limit ?? deadLetters.length);
  if (settings.json) {
    context.out(
      printJson({ deployment: name, wouldSend: count, inFlight, notReturned, matching: summary }),
    );
  } else {
    const { bold, yellow } = context.colors;
    const durationText = formatDuration((count / settings.rate) * 1000);
    const lines = [
      `${bold('Replay')}, ${name}: ${count === 0 ? 'no dead letter is meant' : `${count} dead letters would be sent again, in ${durationText} at ${settings.rate} a second`}`,
      ...(count < deadLetters.length ? [`  of ${deadLetters.length} that are meant`] : []),
      '',
      ...(count === 0 ? [] : [printSummary(summary, now, context.colors)]),
      ...notReceivedText(found).map((text) => `${yellow('!')} ${text}`),
      count === 0 ? 'Nothing to do.' : 'This is the plan; nothing was sent. Add --yes to do it.',
      '',
    ];
    context.out(lines.join('\n'));
  }
  return count === 0 ? exitCodes.done : exitCodes.wouldChange;
};
