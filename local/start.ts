import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installDrillClock } from './drill/clock.ts';
import { stopOnSignal } from './lifecycle.ts';
import type { LocalStack } from './stack.ts';
import { parseStartOptions, startHelp } from './start/options.ts';

/** `npm start`: runs the local stack until a signal stops it. */
const options = parseStartOptions(process.argv.slice(2), process.env);

if (options.kind === 'usage-error') {
  process.stderr.write(`${options.problem}\nRun npm start -- --help for usage.\n`);
  process.exit(2);
}

if (options.kind === 'help') {
  process.stdout.write(startHelp);
  process.exit(0);
}

const logStream = options.json ? process.stderr : process.stdout;

/** A pause after each line that goes into a pipe. */
const linePauseMs = 5;

let stack: Pick<LocalStack, 'close'> | undefined;

stopOnSignal(async () => stack?.close());

logStream.write('Starting the local stack …\n');

// Before anything that reads the time is loaded: the console puts the clock forward.
const clock = installDrillClock();

try {
  // Loaded after the first line is printed: that takes a second.
  const { runStart } = await import('./start/run.ts');
  stack = await runStart(options, {
    root: join(import.meta.dirname, '..'),
    print,
    log: (line) => void logStream.write(`${line}\n`),
    clock,
  });
} catch (error) {
  process.stderr.write(`Cannot start: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

/**
 * Prints line by line. `head` closes its pipe after some lines, and only a later write fails and ends us:
 * so into a pipe there is a pause after each line.
 */
async function print(text: string): Promise<void> {
  for (const line of text.split(/(?<=\n)/)) {
    process.stdout.write(line);
    if (!process.stdout.isTTY) await delay(linePauseMs);
  }
}
