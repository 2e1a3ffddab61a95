import { leastSquares } from '../frame/bench.ts';

/** The measures of a process. */
export const measures = {
  heapMb: { unit: ' MB', about: 'heap in use after a garbage collection', perHour: 8, rise: 4 },
  rssMb: { unit: ' MB', about: 'memory of the process (RSS)', perHour: 16, rise: 16 },
  sockets: { unit: '', about: 'open connections', perHour: 4, rise: 8 },
  files: { unit: '', about: 'open file descriptors', perHour: 4, rise: 8 },
  timers: { unit: '', about: 'timers that will fire', perHour: 4, rise: 8 },
} as const;

export type Measure = keyof typeof measures;

/** One sample of a process. `at` is in seconds since the start of the run. */
export type Sample = Readonly<Record<Measure, number>> & { pid: number; at: number };

export const sampleSeconds = 5;

const mark = 'soak sample';

/**
 * Node options that make a function write a sample to its log every few seconds. The young generation stays small. It
 * would grow in steps, up to 48 MB, and a step looks like a leak.
 */
export const probeOptions = [
  '--expose-gc',
  '--max-semi-space-size=1',
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import { readdirSync } from 'node:fs';
    setInterval(() => {
      gc();
      const { heapUsed, rss } = process.memoryUsage();
      const active = process.getActiveResourcesInfo();
      const count = (...names) => active.filter((name) => names.includes(name)).length;
      process.stdout.write(JSON.stringify({
        message: '${mark}',
        pid: process.pid,
        heapMb: heapUsed / 1e6,
        rssMb: rss / 1e6,
        sockets: count('TCPSocketWrap', 'TLSSocketWrap'),
        files: readdirSync('/dev/fd').length,
        timers: count('Timeout', 'Immediate'),
      }) + '\\n');
    }, ${sampleSeconds * 1000}).unref();`)}`,
];

/** The sample in a line of a function's log. Undefined if the line has none. */
export function readSample(line: string, at: number): Sample | undefined {
  return line.includes(`"${mark}"`) ? { ...JSON.parse(line), at } : undefined;
}

/** The slope of one measure of one process, per hour. */
export interface Slope {
  process: string;
  measure: Measure;
  /** The mean after the warm-up. */
  mean: number;
  slope: number;
  error: number;
  isFlat: boolean;
}

/** Fewer samples do not give a reliable standard error. */
const minSamples = 10;

/** With a lower number, one in a hundred flat runs would seem to rise. */
const errorsAboveZero = 3;

/**
 * How long the warm-up is, in seconds: a third of the run, at most ten minutes. In this time code is compiled,
 * connections are opened and caches fill.
 */
export function warmUpSeconds(runSeconds: number): number {
  return Math.min(runSeconds / 3, 600);
}

/**
 * The slopes of a process's samples after the warm-up, by least squares. A slope is not flat if three things are
 * true: it is more than three standard errors above zero, it is above its bound per hour, and the line has risen by
 * more than noise.
 */
export function slopesOf(process: string, samples: readonly Sample[], warmUp: number): Slope[] {
  const steady = samples.filter(({ at }) => at >= warmUp);
  if (steady.length < minSamples) return [];
  const hours = ((steady.at(-1)?.at ?? 0) - (steady[0]?.at ?? 0)) / 3600;
  return Object.entries(measures).map(([name, { perHour, rise }]) => {
    const measure = name as Measure;
    const { slope, error } = leastSquares(steady.map((one) => [one.at / 3600, one[measure]]));
    const isSteep = slope > errorsAboveZero * error && slope > perHour && slope * hours > rise;
    const mean = steady.reduce((sum, one) => sum + one[measure], 0) / steady.length;
    return { process, measure, mean, slope, error, isFlat: !isSteep };
  });
}
