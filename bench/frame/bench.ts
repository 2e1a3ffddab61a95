import { cpus, loadavg, totalmem } from 'node:os';

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
