import { cpus, loadavg, totalmem } from 'node:os';
import type { BenchCase, Ratio } from './interleave.ts';

/** A bench is a file in `bench/` with the name of the bench, and a line in `bench/bench.ts`. */
export interface Bench {
  name: string;
  /** The comparison, in one line. */
  description: string;
  /** How often each case is measured by default. */
  defaultRounds: number;
  /** Measures the cases. @returns the text to print, in parts */
  run: (rounds: number) => Iterable<string> | AsyncIterable<string>;
}

const gigabyte = 1e9;

/** The machine and its version of Node, in one line. */
export function machine(): string {
  const processors = cpus();
  const [load = 0] = loadavg();
  return [
    `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `${processors.length} × ${processors[0]?.model.trim() || 'unknown processor'}`,
    `${Math.round(totalmem() / gigabyte)} GB`,
    `load ${load.toFixed(1)} before`,
  ].join(', ');
}

/** Rows of text. The first column is aligned to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map((row) => `  ${line(row)}\n`).join('');
}

export function ratioText(ratio: number): string {
  return ratio.toFixed(2);
}

/** Two cells: the ratio, and the range of half of the rounds. */
export function ratioCells({ median, low, high }: Ratio<BenchCase>): [string, string] {
  return [ratioText(median), `${ratioText(low)} to ${ratioText(high)}`];
}
