import { describeError } from '../../shared/http/errors.ts';
import { withTimeout } from '../../shared/http/receive.ts';
import { Failure } from '../failure.ts';

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

/** Looks at everything side by side. A check that fails or takes too long is a finding like any other. */
export async function runChecks(checks: readonly Check[]): Promise<readonly DoctorFinding[]> {
  return (await Promise.all(checks.map(runCheck))).flat();
}

/** How bad it is: `unknown` where it could not be told, whatever stood in the way. */
export type CheckState = 'ok' | 'warning' | 'bad' | 'unknown';

/** What was found, and, wherever not all is well, what to do about it. */
export type CheckResult =
  | { readonly state: 'ok'; readonly finding: string }
  | {
      readonly state: Exclude<CheckState, 'ok'>;
      readonly finding: string;
      readonly next: string;
    };

/** A verdict on one thing, e.g. on `update a Task`. Holds no secret, and nothing of a ticket. */
export type Observation = { readonly about: string } & CheckResult;

/** One line of what the doctor says. */
export type DoctorFinding = { readonly check: string } & Observation;

export function ok(finding: string): CheckResult {
  return { state: 'ok', finding };
}

export function warning(finding: string, next: string): CheckResult {
  return {
    state: 'warning',
    finding,
    next,
  };
}

export function failed(finding: string, next: string): CheckResult {
  return { state: 'bad', finding, next };
}

export function unknown(finding: string, next: string): CheckResult {
  return {
    state: 'unknown',
    finding,
    next,
  };
}

/** All that was found, and how much of it is how bad. */
export interface DoctorReport {
  /** What was looked at, for people: `stack prod`. */
  readonly about: string;
  readonly findings: readonly DoctorFinding[];
  readonly counts: Readonly<Record<CheckState, number>>;
}

export function doctorReport(about: string, findings: readonly DoctorFinding[]): DoctorReport {
  const count = (state: CheckState) => findings.filter((finding) => finding.state === state).length;
  const counts = {
    ok: count('ok'),
    warning: count('warning'),
    bad: count('bad'),
    unknown: count('unknown'),
  };
  return { about, findings, counts };
}

function checkError(error: unknown, next: string): CheckResult {
  if (error instanceof Failure) return unknown(error.message, error.next);
  return unknown(`could not be checked: ${describeError(error)}`, `${next} ${retryHint}`);
}

async function runCheck({ name, timeoutMs, next, run }: Check): Promise<readonly DoctorFinding[]> {
  const observations = await withTimeout(
    timeoutMs,
    Promise.resolve().then(() => run()),
  ).catch((error: unknown): Observation[] => [{ about: name, ...checkError(error, next) }]);
  return observations.map((observation) => ({ check: name, ...observation }));
}
