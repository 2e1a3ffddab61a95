import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The progress of a seed's run, as in the progress file. */
export interface Progress {
  readonly seed: number;
  /** The index of the next request. */
  next: number;
  /** The duration so far, in seconds. */
  seconds: number;
  /** How many responses had each status. */
  readonly statuses: Record<string, number>;
  slowest: { ms: number; index: number };
  readonly failures: { readonly index: number; readonly problems: readonly string[] }[];
}

/** The result of one request. */
export interface Checked {
  readonly statuses: readonly number[];
  /** Each violation of the property. */
  readonly problems: readonly string[];
}

/** The progress of a run that has not sent a request yet. */
export function newProgress(seed: number): Progress {
  const slowest = { ms: 0, index: 0 };
  return { seed, next: 0, seconds: 0, statuses: {}, slowest, failures: [] };
}

/** Reads the progress of an earlier run. Undefined if there is none. */
export function readProgress(file: string): Progress | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (Object(error).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read. Delete it to start from the first request`, {
      cause: error,
    });
  }
}

/** Replaces the file in one step, so that a kill leaves the old or the new text. */
export function saveProgress(file: string, progress: Progress): void {
  writeFileSync(`${file}.new`, JSON.stringify(progress));
  renameSync(`${file}.new`, file);
}

/** The run stops after this many failures. They are enough to see the cause. */
const maxFailures = 20;

const reportIntervalMs = 2000;

/**
 * Checks the requests from the next index up to a count, one after another. It stops at the signal, or after too
 * many failures.
 * @param onReport called every two seconds, and at the end
 */
export async function checkRequests(
  progress: Progress,
  count: number,
  check: (index: number) => Promise<Checked>,
  onReport: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  let reportedAt = performance.now();
  const report = (): void => {
    const now = performance.now();
    progress.seconds += (now - reportedAt) / 1000;
    reportedAt = now;
    onReport(progress);
  };
  while (progress.next < count && progress.failures.length < maxFailures && !signal.aborted) {
    const index = progress.next;
    const start = performance.now();
    const { statuses, problems } = await check(index).catch((error: unknown): Checked => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { statuses: [], problems: [`the handler threw ${text}`] };
    });
    const ms = performance.now() - start;
    if (ms > progress.slowest.ms) progress.slowest = { ms: Math.round(10 * ms) / 10, index };
    for (const status of statuses) progress.statuses[status] = (progress.statuses[status] ?? 0) + 1;
    if (problems.length > 0) progress.failures.push({ index, problems });
    progress.next = index + 1;
    if (performance.now() - reportedAt > reportIntervalMs) {
      // The stub of SQS responds at once, so signals and timers would never run without this.
      await new Promise(setImmediate);
      report();
    }
  }
  report();
}
