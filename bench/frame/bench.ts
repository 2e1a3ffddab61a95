/** A bench is a file in `bench/` with the name of the bench, and a line in `bench/bench.ts`. */
export interface Bench {
  readonly name: string;
  /** The comparison, in one line. */
  readonly description: string;
  /** How often each case is measured by default. */
  readonly defaultRounds: number;
  /** Measures the cases. @returns the text to print, in parts */
  readonly run: (rounds: number) => Iterable<string>;
}
