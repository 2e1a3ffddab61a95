/** One bench: a file in `bench/` that is named after it, and a line in `bench/bench.ts`. */
export interface Bench {
  readonly name: string;
  /** What it compares, in one line. */
  readonly description: string;
  /** How often each case is measured where nobody says otherwise. */
  readonly defaultRounds: number;
  /** Measures, and gives what there is to print. */
  readonly run: (rounds: number) => Iterable<string>;
}
