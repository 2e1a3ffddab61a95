/** One of the things that are compared. */
export interface BenchCase {
  readonly name: string;
  /** Does it once and gives what it cost, mostly in milliseconds. */
  readonly measure: () => number;
}

/** What a case costs against the first one. */
export interface Ratio<Of extends BenchCase> {
  readonly of: Of;
  readonly median: number;
  /** Half of all rounds lie between these two. */
  readonly low: number;
  readonly high: number;
}

interface Comparison<Of extends BenchCase> {
  /** The median of what the first case cost: what 1.00 is on this machine. */
  readonly baseline: number;
  readonly ratios: readonly Ratio<Of>[];
}

/**
 * Measures the cases in turns, and compares within each turn: a machine that grows slow on the way is slow
 * for all of them. Every other round goes backwards, so that no case always comes after the same one. A
 * round before the first warms up and does not count.
 *
 * @param cases the first is what the others are compared with
 * @param rounds how often each is measured
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
      const ratios = (costs[index] ?? []).map((cost, round) => cost / (first[round] ?? Number.NaN));
      const at = (share: number) => quantile(ratios, share);
      return { of, median: at(0.5), low: at(0.25), high: at(0.75) };
    }),
  };
}

/** The value below which this share of all lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(at), Math.floor(at) + 2);
  return below + (above - below) * (at % 1);
}
