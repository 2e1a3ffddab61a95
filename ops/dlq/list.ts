import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { printJson } from '../text.ts';
import { createMatcher, type FilterOptions, toFilter } from './options.ts';
import { countText, printDeadLetters, printSummary, toListItem } from './print.ts';
import type { DlqQueue } from './queue.ts';
import { notReceivedText, readMessages } from './read.ts';
import { createSummary } from './summary.ts';

export interface ListSettings extends FilterOptions {
  /** Whether to print one line per dead letter too. */
  each?: true;
  /** Whether to count by ticket too. */
  by?: 'ticket';
  json?: true;
}

/** `dlq list`: counts the messages of a queue. Its memory grows with their number only with `--each`. */
export async function runList(
  deployment: Deployment,
  queue: DlqQueue,
  { each, by, json, ...filter }: ListSettings,
  context: Context,
): Promise<ExitCode> {
  const { name } = deployment;
  const stop = context.stopSignal();
  const now = Date.now();
  const matches = createMatcher(toFilter(filter), now);
  const counts = createSummary(now, by);
  const items: ReturnType<typeof toListItem>[] = [];
  const notReceived = await readMessages(deployment, queue, stop, context, (deadLetter) => {
    if (!matches(deadLetter)) return;
    counts.add(deadLetter);
    if (each) items.push(toListItem(deadLetter));
  });
  const { inFlight, notReturned } = notReceived ?? { inFlight: 0, notReturned: 0 };
  const summary = counts.result();
  if (json) {
    const complete = !stop.aborted && inFlight + notReturned === 0;
    const fields = { deployment: name, queue: queue.name, complete, inFlight, notReturned };
    context.out(printJson({ ...fields, ...summary, ...(each && { deadLetters: items }) }));
  } else {
    const { bold, yellow } = context.colors;
    const total = summary.total === 0 ? 'none' : countText(summary, queue);
    context.out(`${bold(queue.title)}, ${name}: ${total}\n`);
    for (const text of notReceivedText({ inFlight, notReturned }, queue))
      context.out(`${yellow('!')} ${text}\n`);
    if (stop.aborted) context.out(`${yellow('!')} Stopped: the list is incomplete.\n`);
    if (summary.total > 0) context.out(`\n${printSummary(summary, now, context.colors)}`);
    if (items.length > 0) context.out(`\n${printDeadLetters(items, now)}`);
  }
  return stop.aborted ? exitCodes.stopped : exitCodes.done;
}
