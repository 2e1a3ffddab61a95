import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type pc from 'picocolors';
import type { ExitCode } from './failure.ts';
import { formatDuration } from './text.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** The terminal and the machine. Commands read and write them only through this. */
export interface Context {
  environment: Readonly<Record<string, string | undefined>>;
  /** The project's folder. Pulumi and the local stack keep their files there. */
  root: string;
  /** Writes to stdout, unchanged. */
  out: (text: string) => void;
  /** Writes to stdout. On a terminal, the text replaces the current screen. */
  screen: (text: string) => void;
  /** Writes to stderr, unchanged. */
  err: (text: string) => void;
  /** The colors of stdout. */
  colors: Colors;
  /** Starts a progress display on stderr. */
  progress: (options: ProgressOptions) => ProgressDisplay;
  /** A signal that the next Ctrl-C aborts, so that a command can end cleanly. */
  stopSignal: () => AbortSignal;
  /** Whether there is a person at a terminal to ask. */
  canAsk: boolean;
  /** Asks the person at the terminal. Undefined if there is no terminal, or after Ctrl-C. */
  ask: (question: string, options?: AskOptions) => Promise<string | undefined>;
}

/**
 * Adds one command to the program. Its action calls `exitWith` if the exit code is not 0, and throws a
 * `Failure` if the command fails.
 */
export type RegisterCommand = (
  program: Command,
  context: Context,
  exitWith: (code: ExitCode) => void,
) => void;

/** A progress display. */
interface ProgressDisplay {
  /** @param note text beside the numbers, e.g. other counts */
  update: (done: number, note?: string) => void;
  end: () => void;
}

interface ProgressOptions {
  label: string;
  /** The expected number. */
  total: number;
}

const lineIntervalMs = 5000;

/** A rate over a shorter time is not meaningful. */
const minElapsedMs = 1000;

type TerminalOrPipe = NodeJS.WritableStream & { isTTY?: boolean };

/** Shows progress on stderr: a bar on a terminal, a line every few seconds otherwise. */
export function startProgress(
  stderr: TerminalOrPipe,
  write: (text: string) => void,
  options: ProgressOptions,
): ProgressDisplay {
  return stderr.isTTY ? progressBar(stderr, options) : progressLines(write, options);
}

interface AskOptions {
  /** Whether the answer is hidden while the person types. */
  hidden: boolean;
}

/** Whether there is a person at a terminal to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks the person at the terminal, on stderr.
 * @returns the answer; undefined if there is no terminal, or after Ctrl-C or Ctrl-D
 */
export async function ask(
  question: string,
  { hidden }: AskOptions = { hidden: false },
): Promise<string | undefined> {
  if (!canAsk()) return undefined;
  // readline writes the typed text to its output. A hidden answer has an output that drops it.
  const output = hidden
    ? new Writable({ write: (_chunk, _encoding, done) => done() })
    : process.stderr;
  if (hidden) process.stderr.write(question);
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  const closed = new Promise<undefined>((resolve) => {
    reader.once('close', () => resolve(undefined));
  });
  reader.once('SIGINT', () => reader.close());
  try {
    return await Promise.race([reader.question(hidden ? '' : question), closed]);
  } finally {
    reader.close();
    if (hidden) process.stderr.write('\n');
  }
}

/** The average rate since the start, and the time that the rest takes at this rate. */
function speedText(done: number, total: number, elapsedMs: number): string {
  if (elapsedMs < minElapsedMs || done === 0) return '';
  const perSecond = (done * 1000) / elapsedMs;
  const rate = `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
  const remainingMs = ((total - done) / perSecond) * 1000;
  return done < total ? `${rate}  ${formatDuration(remainingMs)} left` : rate;
}

/** A bar on a terminal. */
function progressBar(
  stream: NodeJS.WritableStream,
  { label, total }: ProgressOptions,
): ProgressDisplay {
  const singleBar = new SingleBar(
    {
      stream,
      format: `${label}  {bar} {percentage}%  {value} of {total}  {speed}  {note}`,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  const start = performance.now();
  singleBar.start(total, 0, { speed: '', note: '' });
  return {
    update: (done, note = '') => {
      const max = Math.max(total, done);
      singleBar.setTotal(max);
      singleBar.update(done, { speed: speedText(done, max, performance.now() - start), note });
    },
    end: () => singleBar.stop(),
  };
}

/** A line every few seconds, without a terminal. */
function progressLines(
  write: (text: string) => void,
  { label, total }: ProgressOptions,
): ProgressDisplay {
  const start = performance.now();
  let lastLineAt = start;
  return {
    update: (done, note = '') => {
      const now = performance.now();
      if (now - lastLineAt < lineIntervalMs) return;
      lastLineAt = now;
      const max = Math.max(total, done);
      const parts = [`${label} ${done} of ${max}`, speedText(done, max, now - start), note];
      write(`${parts.filter((part) => part !== '').join('  ')}\n`);
    },
    end: () => {},
  };
}

/** Ctrl-C comes twice if npm is in between: once from the terminal and once from npm. */
const duplicateSignalMs = 500;

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * A signal that is aborted by the first Ctrl-C or SIGTERM from now on, so that a command can end cleanly.
 * A second one ends the process at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  for (const [name, number] of Object.entries(signalNumbers)) {
    process.on(name, () => {
      if (stoppedAt !== undefined && Date.now() - stoppedAt > duplicateSignalMs)
        process.exit(128 + number);
      stoppedAt ??= Date.now();
      controller.abort();
    });
  }
  return controller.signal;
}
