import { describeError } from '../../shared/door/describe-error.ts';
import { withTimeout } from '../../shared/door/within.ts';
import { Failure } from '../failure.ts';
import { type Finding, type Told, unknown, type Verdict } from './finding.ts';

/** One thing that is looked at. It changes nothing. */
export interface Check {
  /** What its findings stand under. */
  readonly name: string;
  /** How long it may take in all. Milliseconds. */
  readonly timeoutMs: number;
  /** What to do where it could not be done. */
  readonly next: string;
  readonly look: () => Promise<readonly Told[]>;
}

const again = 'Run it again; if it stays, please report it.';

const notDone = (error: unknown, next: string): Verdict => {
  if (error instanceof Failure) return unknown(error.message, error.next);
  return unknown(`could not be checked: ${describeError(error)}`, `${next} ${again}`);
};

const runCheck = async ({ name, timeoutMs, next, look }: Check): Promise<readonly Finding[]> => {
  const told = await withTimeout(
    timeoutMs,
    Promise.resolve().then(() => look()),
  ).catch((error: unknown): Told[] => [{ about: name, ...notDone(error, next) }]);
  return told.map((one) => ({ check: name, ...one }));
};

/** Looks at everything side by side. A check that fails or takes too long is a finding like any other. */
export const runChecks = async (checks: readonly Check[]): Promise<readonly Finding[]> =>
  (await Promise.all(checks.map(runCheck))).flat();
