import { Presets, SingleBar } from 'cli-progress';
import { spanText } from '../time-text.ts';

/** Tells how far something has got. */
export interface Progress {
  /** @param note what is worth telling beside, e.g. counts */
  readonly update: (done: number, note?: string) => void;
  readonly end: () => void;
}

export interface ProgressOptions {
  readonly what: string;
  /** As far as that is known. */
  readonly total: number;
}

const lineEveryMs = 5000;
/** A rate over less than this says little. */
const leastMs = 1000;

/** Done in a second, on average since the start, and how long the rest takes at that. */
const speedOf = (done: number, total: number, elapsedMs: number): string => {
  if (elapsedMs < leastMs || done === 0) return '';
  const perSecond = (done * 1000) / elapsedMs;
  const rate = `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
  const left = ((total - done) / perSecond) * 1000;
  return done < total ? `${rate}  ${spanText(left)} left` : rate;
};

/** A bar that is drawn again and again, on a terminal. */
const bar = (stream: NodeJS.WritableStream, { what, total }: ProgressOptions): Progress => {
  const drawn = new SingleBar(
    {
      stream,
      format: `${what}  {bar} {percentage}%  {value} of {total}  {speed}  {note}`,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  const start = performance.now();
  drawn.start(total, 0, { speed: '', note: '' });
  return {
    update: (done, note = '') => {
      const most = Math.max(total, done);
      drawn.setTotal(most);
      drawn.update(done, { speed: speedOf(done, most, performance.now() - start), note });
    },
    end: () => drawn.stop(),
  };
};

/** A line every few seconds, where nobody watches. */
const lines = (write: (text: string) => void, { what, total }: ProgressOptions): Progress => {
  const start = performance.now();
  let told = start;
  return {
    update: (done, note = '') => {
      const now = performance.now();
      if (now - told < lineEveryMs) return;
      told = now;
      const most = Math.max(total, done);
      const parts = [`${what} ${done} of ${most}`, speedOf(done, most, now - start), note];
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
): Progress => (stderr.isTTY ? bar(stderr, options) : lines(write, options));
