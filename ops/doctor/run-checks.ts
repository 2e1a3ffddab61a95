import { describeError } from '../../shared/door/describe-error.ts';
import { withTimeout } from '../../shared/door/within.ts';
import { Failure } from '../failure.ts';
import { type DoctorFinding, type Observation, unknown, type CheckResult } from './finding.ts';

/** One thing that is looked at. It changes nothing. */
export interface Check {
  /** What its findings stand under. */
  readonly name: string;
  /** How long it may take in all. Milliseconds. */
  readonly timeoutMs: number;
  /** What to do where it could not be done. */
  readonly next: string;
  readonly run: () => Promise<readonly Observation[]>;
}

const retryHint = 'Run it again; if it stays, please report it.';

const checkError = (error: unknown, next: string): CheckResult => {
  if (error instanceof Failure) return unknown(error.message, error.next);
  return unknown(`could not be checked: ${describeError(error)}`, `${next} ${retryHint}`);
};

const runCheck = async ({ name, timeoutMs, next, run }: Check): Promise<readonly DoctorFinding[]> => {
  const observations = await withTimeout(
    timeoutMs,
    Promise.resolve().then(() => run()),
  ).catch((error: unknown): Observation[] => [{ about: name, ...checkError(error, next) }]);
  return observations.map((observation) => ({ check: name, ...observation }));
};

/** Looks at everything side by side. A check that fails or takes too long is a finding like any other. */
export const runChecks = async (checks: readonly Check[]): Promise<readonly DoctorFinding[]> =>
  (await Promise.all(checks.map(runCheck))).flat();
