import { createInterface } from 'node:readline/promises';
import { Presets, SingleBar } from 'cli-progress';
import { formatDuration } from './text.ts';

/** Tells how far something has got. */
export interface ProgressDisplay {
  /** @param note what is worth telling beside, e.g. counts */
  readonly update: (done: number, note?: string) => void;
  readonly end: () => void;
}

export interface ProgressOptions {
  readonly label: string;
  /** As far as that is known. */
  readonly total: number;
}

const lineIntervalMs = 5000;

/** A rate over less than this says little. */
const minElapsedMs = 1000;

/** Progress for whoever looks at stderr: a bar on a terminal, now and then a line anywhere else. */
export function startProgress(
  stderr: NodeJS.WriteStream,
  write: (text: string) => void,
  options: ProgressOptions,
): ProgressDisplay {
  return stderr.isTTY ? progressBar(stderr, options) : progressLines(write, options);
}

/**
 * Asks the person at the terminal, on stderr.
 * @returns the answer; undefined where there is no terminal, or the answer was Ctrl-C or Ctrl-D
 */
export async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<undefined>((resolve) => {
    reader.once('close', () => resolve(undefined));
  });
  reader.once('SIGINT', () => reader.close());
  try {
    return await Promise.race([reader.question(question), closed]);
  } finally {
    reader.close();
  }
}

/** A Ctrl-C comes twice when npm is in between: from the terminal and from npm. */
const repeatWindowMs = 500;

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * A signal that is aborted by the first Ctrl-C or SIGTERM from now on, so that a command can end cleanly.
 * A second one ends at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  for (const [name, number] of Object.entries(signalNumbers)) {
    process.on(name, () => {
      if (stoppedAt !== undefined && Date.now() - stoppedAt > repeatWindowMs)
        process.exit(128 + number);
      stoppedAt ??= Date.now();
      controller.abort();
    });
  }
  return controller.signal;
}

/** Done in a second, on average since the start, and how long the rest takes at that. */
function speedText(done: number, total: number, elapsedMs: number): string {
  if (elapsedMs < minElapsedMs || done === 0) return '';
  const perSecond = (done * 1000) / elapsedMs;
  const rate = `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
  const remainingMs = ((total - done) / perSecond) * 1000;
  return done < total ? `${rate}  ${formatDuration(remainingMs)} left` : rate;
}

/** A bar that is drawn again and again, on a terminal. */
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

/** A line every few seconds, where nobody watches. */
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
