import { join } from 'node:path';
import pc from 'picocolors';
import { ask, canAsk, startProgress, stopSignal } from './context.ts';
import { exitCodes } from './failure.ts';
import { runCommandLine } from './run.ts';

/** `| head` closes the pipe early. That is not a failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** `npm run ops`: the operator's command line. */
const { NO_COLOR = '' } = process.env;

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  root: join(import.meta.dirname, '..'),
  out: (text) => void process.stdout.write(text),
  screen: (text) => void process.stdout.write(process.stdout.isTTY ? screenOf(text) : text),
  err: (text) => void process.stderr.write(text),
  // picocolors alone would also colour a pipe if CI is set.
  colors: pc.createColors(process.stdout.isTTY === true && NO_COLOR === ''),
  progress: (options) =>
    startProgress(process.stderr, (text) => void process.stderr.write(text), options),
  stopSignal,
  canAsk: canAsk(),
  ask,
}).catch(printCrash);

/** Text that replaces the screen. The screen is not cleared first, because that would flicker. */
function screenOf(text: string): string {
  return `\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`;
}

/** Prints a bug. Its message is not printed, because it may quote input and so personal data. */
function printCrash(error: unknown): number {
  const { name, stack = '' } = error instanceof Error ? error : new Error();
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const lines = [
    `Unexpected error: ${name}`,
    ...frames.slice(0, 5),
    'Please report it with these lines.',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  return exitCodes.failed;
}
