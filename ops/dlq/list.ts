import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { printJson } from '../text.ts';
import { createMatcher, type FilterOptions, toFilter } from './options.ts';
import { listItemJson, printDeadLetters, printSummary, summarise } from './print.ts';
import { notReceivedText, readDeadLetters } from './read.ts';

export interface ListSettings extends FilterOptions {
  /** Also one line per dead letter. */
  each?: true;
  json?: true;
}

/** `dlq list`: counts the messages in the dead-letter queue. */
export async function runList(
  deployment: Deployment,
  options: ListSettings,
  context: Context,
): Promise<ExitCode> {
  const { name } = deployment;
  const stop = context.stopSignal();
  const now = Date.now();
  const matches = createMatcher(toFilter(options), now);
  const found = await readDeadLetters(deployment, matches, stop, context);
  const { deadLetters, inFlight, notReturned } = found;
  const summary = summarise(deadLetters, now);
  if (options.json) {
    const each = options.each && { deadLetters: deadLetters.map(listItemJson) };
    const complete = !stop.aborted && inFlight + notReturned === 0;
    context.out(
      printJson({ deployment: name, complete, inFlight, notReturned, ...summary, ...each }),
    );
  } else {
    const { bold, yellow } = context.colors;
    context.out(`${bold('Dead letters')}, ${name}: ${summary.total || 'none'}\n`);
    for (const text of notReceivedText(found)) context.out(`${yellow('!')} ${text}\n`);
    if (stop.aborted) context.out(`${yellow('!')} Stopped: the list is incomplete.\n`);
    if (summary.total > 0) context.out(`\n${printSummary(summary, now, context.colors)}`);
    if (options.each && deadLetters.length > 0)
      context.out(`\n${printDeadLetters(deadLetters, now)}`);
  }
  return stop.aborted ? exitCodes.stopped : exitCodes.done;
}
