/** A bench is a file in `bench/` with the name of the bench, and a line in `bench/bench.ts`. */
export interface Bench {
  name: string;
  /** The comparison, in one line. */
  description: string;
  /** How often each case is measured by default. */
  defaultRounds: number;
  /** Measures the cases. @returns the text to print, in parts */
  run: (rounds: number) => Iterable<string>;
}
