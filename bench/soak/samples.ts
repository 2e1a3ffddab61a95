import { leastSquares } from '../frame/bench.ts';

/** What is measured of a process. */
export const measures = {
  heapMb: { unit: ' MB', about: 'heap in use after a garbage collection', perHour: 8, rise: 4 },
  rssMb: { unit: ' MB', about: 'memory of the process (RSS)', perHour: 16, rise: 16 },
  sockets: { unit: '', about: 'open connections', perHour: 4, rise: 8 },
  files: { unit: '', about: 'open file descriptors', perHour: 4, rise: 8 },
  timers: { unit: '', about: 'timers that will fire', perHour: 4, rise: 8 },
} as const;

export type Measure = keyof typeof measures;

/** One sample of a process; `at` in seconds since the start of the run. */
export type Sample = Readonly<Record<Measure, number>> & { pid: number; at: number };

export const sampleSeconds = 5;

const mark = 'soak sample';

/** Options of Node with which a function writes a sample to its log every few seconds. */
export const probeOptions = [
  '--expose-gc',
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

/** The sample in a line of a function's log, if it is one. */
export function readSample(line: string, at: number): Sample | undefined {
  return line.includes(`"${mark}"`) ? { ...JSON.parse(line), at } : undefined;
}

/** The slope of one measure of one process, per hour. */
export interface Slope {
  process: string;
  measure: Measure;
  samples: number;
  /** The mean after the warm-up. */
  mean: number;
  slope: number;
  error: number;
  isFlat: boolean;
}

/** Fewer samples give no standard error to rely on. */
const minSamples = 10;

/** With fewer, one in a hundred flat runs would look steep. */
const errorsAboveZero = 3;

/** A third of the run, at most ten minutes: code is compiled, connections are opened, caches fill. In seconds. */
export function warmUpSeconds(runSeconds: number): number {
  return Math.min(runSeconds / 3, 600);
}

/**
 * The slopes of a process's samples after the warm-up, by least squares. One is not flat if it is more than three
 * standard errors above zero, above the bound per hour, and if the line has risen by enough to be more than noise.
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
    return { process, measure, samples: steady.length, mean, slope, error, isFlat: !isSteep };
  });
}
