import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { formatDuration, printJson } from '../text.ts';
import { createMatcher, type ReplaySettings, toFilter } from './options.ts';
import { printSummary, summarise } from './print.ts';
import { assertNothingMissed, notReceivedText, readDeadLetters } from './read.ts';

/** The dry run of `dlq replay`: counts what a replay would send, and sends nothing. */
export async function planReplay(
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> {
  const { name } = deployment;
  const { rate, limit } = settings;
  const stop = context.stopSignal();
  const now = Date.now();
  const matches = createMatcher(toFilter(settings), now);
  const found = await readDeadLetters(deployment, matches, stop, context);
  if (stop.aborted) return exitCodes.stopped;
  assertNothingMissed(found);
  const { deadLetters, inFlight, notReturned } = found;
  const summary = summarise(deadLetters, now);
  const count = Math.min(deadLetters.length, limit ?? deadLetters.length);
  if (settings.json) {
    context.out(
      printJson({ deployment: name, wouldSend: count, inFlight, notReturned, matching: summary }),
    );
  } else {
    const { bold, yellow } = context.colors;
    const duration = formatDuration((count / rate) * 1000);
    const plan =
      count === 0
        ? 'no dead letter matches'
        : `${count} dead letters would be sent again, in ${duration} at ${rate} per second`;
    const lines = [
      `${bold('Replay')}, ${name}: ${plan}`,
      ...(count < deadLetters.length ? [`  of ${deadLetters.length} that match`] : []),
      '',
      ...(count === 0 ? [] : [printSummary(summary, now, context.colors)]),
      ...notReceivedText(found).map((text) => `${yellow('!')} ${text}`),
      count === 0 ? 'Nothing to do.' : 'Dry run: nothing was sent. Add --yes to send them.',
      '',
    ];
    context.out(lines.join('\n'));
  }
  return count === 0 ? exitCodes.done : exitCodes.wouldChange;
}
