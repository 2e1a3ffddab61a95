/** One of the cases that are compared. */
export interface BenchCase {
  name: string;
  /** Runs the case once. @returns its cost, usually in milliseconds */
  measure: () => number;
}

/** The cost of a case, relative to the first one. */
export interface Ratio<Of extends BenchCase> {
  of: Of;
  /** Median cost. */
  cost: number;
  median: number;
  /** Half of all rounds lie between these two. */
  low: number;
  high: number;
}

interface Comparison<Of extends BenchCase> {
  /** Median cost of the first case: 1.00 on this machine. */
  baseline: number;
  ratios: readonly Ratio<Of>[];
}

/**
 * Measures the cases in rounds, and compares them within each round: a machine that becomes slow is slow for
 * all of them. Every other round runs backwards, so that no case always follows the same one. A first round
 * for warming up does not count.
 *
 * @param cases all are compared with the first one
 * @param rounds how often each case is measured
 */
export function interleave<Of extends BenchCase>(
  cases: readonly Of[],
  rounds: number,
): Comparison<Of> {
  const costs = cases.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    const turns = cases.map((of, index) => ({ of, index }));
    for (const { of, index } of round % 2 === 0 ? turns : turns.toReversed()) {
      const cost = of.measure();
      if (round >= 0) costs[index]?.push(cost);
    }
  }
  const [first = []] = costs;
  return {
    baseline: quantile(first, 0.5),
    ratios: cases.map((of, index) => {
      const own = costs[index] ?? [];
      const ratios = own.map((cost, round) => cost / (first[round] ?? Number.NaN));
      const at = (share: number) => quantile(ratios, share);
      return { of, cost: quantile(own, 0.5), median: at(0.5), low: at(0.25), high: at(0.75) };
    }),
  };
}

/** The value below which this share of the values lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(at), Math.floor(at) + 2);
  return below + (above - below) * (at % 1);
}
