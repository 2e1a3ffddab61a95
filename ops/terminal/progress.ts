import { Presets, SingleBar } from 'cli-progress';
import { formatDuration } from '../time-text.ts';

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

/** Done in a second, on average since the start, and how long the rest takes at that. */
const speedText = (done: number, total: number, elapsedMs: number): string => {
  if (elapsedMs < minElapsedMs || done === 0) return '';
  const perSecond = (done * 1000) / elapsedMs;
  const rate = `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
  const remainingMs = ((total - done) / perSecond) * 1000;
  return done < total ? `${rate}  ${formatDuration(remainingMs)} left` : rate;
};

/** A bar that is drawn again and again, on a terminal. */
const progressBar = (stream: NodeJS.WritableStream, { label, total }: ProgressOptions): ProgressDisplay => {
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
};

/** A line every few seconds, where nobody watches. */
const progressLines = (write: (text: string) => void, { label, total }: ProgressOptions): ProgressDisplay => {
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
};

/** Progress for whoever looks at stderr: a bar on a terminal, now and then a line anywhere else. */
export const startProgress = (
  stderr: NodeJS.WriteStream,
  write: (text: string) => void,
  options: ProgressOptions,
): ProgressDisplay => (stderr.isTTY ? progressBar(stderr, options) : progressLines(write, options));
