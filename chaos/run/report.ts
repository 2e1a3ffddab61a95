import { type Broken, promises } from '../judge/judge.ts';

/** What a run counted. */
export interface Counts {
  readonly seed: number;
  readonly events: number;
  readonly faults: number;
  readonly kills: number;
  readonly linked: number;
  readonly expired: number;
  readonly deadLettered: number;
  readonly replayed: number;
  readonly twilioCalls: number;
}

const toHundredths = (value: number): number => Math.round(value * 100) / 100;

/** The line that a run ends with. */
export const reportOf = (
  { twilioCalls, ...counts }: Counts,
  broken: readonly Broken[],
  problems: readonly string[],
) => {
  const ofPromise = Object.fromEntries(
    promises.map((promise) => [promise, broken.filter((one) => one.promise === promise).length]),
  );
  const { lost = 0, foreignLost = 0, staleWins = 0, duplicates = 0, notConverged = 0 } = ofPromise;
  return {
    ...counts,
    lost,
    foreignLost,
    staleWins,
    duplicates,
    converged: notConverged === 0 && problems.length === 0,
    twilioCalls,
    callsPerEvent: toHundredths(twilioCalls / counts.events),
  };
};
