import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What has been sent and found of one seed, as the progress file holds it. */
export interface Progress {
  readonly seed: number;
  /** The index of the next request. */
  next: number;
  /** How long it took in all, in seconds. */
  seconds: number;
  /** How many responses had this status. */
  readonly statuses: Record<string, number>;
  slowest: { ms: number; index: number };
  readonly failures: { readonly index: number; readonly problems: readonly string[] }[];
}

/** What came of one request. */
export interface Checked {
  readonly statuses: readonly number[];
  /** How the property is violated, if it is. */
  readonly problems: readonly string[];
}

export function newProgress(seed: number): Progress {
  const slowest = { ms: 0, index: 0 };
  return { seed, next: 0, seconds: 0, statuses: {}, slowest, failures: [] };
}

/** The progress of an earlier run; undefined if there is none. */
export function readProgress(file: string): Progress | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (Object(error).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read: delete it to start from the first request`, {
      cause: error,
    });
  }
}

/** Writes it at once as a whole: a kill leaves the earlier or the later text. */
export function saveProgress(file: string, progress: Progress): void {
  writeFileSync(`${file}.new`, JSON.stringify(progress));
  renameSync(`${file}.new`, file);
}

/** So many are enough to see what is wrong. */
const maxFailures = 20;

const reportIntervalMs = 2000;

/**
 * Checks the requests from the next index up to a count, one after another, until it is stopped or too many fail.
 * @param onReport called every other second and at the end
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
      // Signals and timers get their turn: a stub of SQS answers at once.
      await new Promise(setImmediate);
      report();
    }
  }
  report();
}
