import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { taskRouterProblem } from '../task-router.ts';
import { formatDuration, printJson } from '../text.ts';
import { createMatcher, type ReplaySettings, toFilter } from './options.ts';
import { countText, printSummary } from './print.ts';
import type { DlqQueue } from './queue.ts';
import { assertNothingMissed, notReceivedText, readMessages } from './read.ts';
import { createSummary } from './summary.ts';

/** The dry run of `dlq replay`. It counts the dead letters that a replay would send, and sends none. */
export async function planReplay(
  deployment: Deployment,
  queue: DlqQueue,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> {
  const { name } = deployment;
  const { rate, limit } = settings;
  const stop = context.stopSignal();
  const now = Date.now();
  const matches = createMatcher(toFilter(settings), now);
  const counts = createSummary(now);
  const notReceived = await readMessages(deployment, queue, stop, context, (deadLetter) => {
    if (matches(deadLetter)) counts.add(deadLetter);
  });
  if (notReceived === undefined || stop.aborted) return exitCodes.stopped;
  const summary = counts.result();
  assertNothingMissed(summary.total, notReceived, queue);
  const count = Math.min(summary.total, limit ?? summary.total);
  const problem = queue.name === 'events' ? undefined : await taskRouterProblem(deployment, stop);
  if (settings.json) {
    const fields = { deployment: name, queue: queue.name, wouldSend: count, ...notReceived };
    context.out(printJson({ ...fields, taskRouter: problem ?? 'ok', matching: summary }));
  } else {
    const { bold, yellow } = context.colors;
    const duration = formatDuration((count / rate) * 1000);
    const plan =
      count === 0
        ? `no ${queue.one} matches`
        : `${count < summary.total ? `${count} of ` : ''}${countText(summary, queue)} would be sent again, in ${duration} at ${rate} per second`;
    const lines = [
      `${bold('Replay')}, ${name}: ${plan}`,
      '',
      ...(count === 0 ? [] : [printSummary(summary, now, context.colors)]),
      ...(problem === undefined ? [] : [`${yellow('!')} ${problem}`]),
      ...notReceivedText(notReceived, queue).map((text) => `${yellow('!')} ${text}`),
      count === 0 ? 'Nothing to do.' : 'Dry run: nothing was sent. Add --yes to send them.',
      '',
    ];
    context.out(lines.join('\n'));
  }
  return count === 0 ? exitCodes.done : exitCodes.wouldChange;
}
