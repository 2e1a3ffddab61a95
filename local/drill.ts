import pc from 'picocolors';
import { ask, stopSignal } from '../ops/context.ts';
import { exitCodes } from '../ops/failure.ts';
import { installDrillClock } from './drill/clock.ts';
import type { DrillTerminal } from './drill/run.ts';

/**
 * `npm run ops -- drill`. It runs in its own process, because it puts the clock forward. With `--yes` it never
 * waits for a person.
 */
const { NO_COLOR = '' } = process.env;

const clock = installDrillClock();

const readerIsGone = new AbortController();

const stop = AbortSignal.any([stopSignal(), readerIsGone.signal]);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  readerIsGone.abort();
});

const waits =
  process.stdin.isTTY === true && process.stderr.isTTY === true && !process.argv.includes('--yes');

const terminal: DrillTerminal = {
  out: (text) => void process.stdout.write(text),
  colors: pc.createColors(process.stdout.isTTY === true && NO_COLOR === ''),
  stop,
  waitForReader: async () => {
    if (!waits) return true;
    const answer = await ask('\nPress Enter to continue, Ctrl-C to end the drill. ');
    return answer !== undefined && !stop.aborted;
  },
};

// This module must be loaded after the clock is installed.
const { runDrill } = await import('./drill/run.ts');

process.exitCode = await runDrill(clock, terminal).catch((error: unknown) => {
  process.stderr.write(
    `The drill cannot start: ${error instanceof Error ? error.message : error}\n`,
  );
  return exitCodes.failed;
});
