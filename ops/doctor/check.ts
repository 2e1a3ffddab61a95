import { describeError } from '../../shared/http/errors.ts';
import { withTimeout } from '../../shared/http/receive.ts';
import { awsErrorName, isCredentialsError, lacksCredentials } from '../aws.ts';
import { Failure } from '../failure.ts';

/** One check. It changes nothing. */
export interface Check {
  /** The heading of its findings. */
  name: string;
  /** The timeout of the whole check, in milliseconds. */
  timeoutMs: number;
  /** What to do if the check itself fails. */
  next: string;
  run: () => Promise<readonly Observation[]>;
}

const retryHint = 'Run this again. If it fails again, please report it.';

/** Runs all checks in parallel. A check that throws or takes too long becomes a finding. */
export async function runChecks(checks: readonly Check[]): Promise<readonly DoctorFinding[]> {
  return (await Promise.all(checks.map(runCheck))).flat();
}

/** The state of a finding. `unknown`: the check could not be made. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'unknown';

/** A finding and, unless it is ok, the next step. */
export type CheckResult =
  | { state: 'ok'; finding: string }
  | {
      state: Exclude<CheckState, 'ok'>;
      finding: string;
      next: string;
    };

/** A finding about one thing, e.g. `update a Task`. It holds no secret and no content of a ticket. */
export type Observation = { about: string } & CheckResult;

/** An observation with the name of its check. */
export type DoctorFinding = { check: string } & Observation;

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
  return { state: 'failed', finding, next };
}

export function unknown(finding: string, next: string): CheckResult {
  return {
    state: 'unknown',
    finding,
    next,
  };
}

/** All findings, counted by state. */
export interface DoctorReport {
  /** What was checked, e.g. `stack prod`. */
  about: string;
  findings: readonly DoctorFinding[];
  counts: Readonly<Record<CheckState, number>>;
}

export function doctorReport(about: string, findings: readonly DoctorFinding[]): DoctorReport {
  const count = (state: CheckState) => findings.filter((finding) => finding.state === state).length;
  const counts = {
    ok: count('ok'),
    warning: count('warning'),
    failed: count('failed'),
    unknown: count('unknown'),
  };
  return { about, findings, counts };
}

function checkError(error: unknown, next: string): CheckResult {
  if (error instanceof Failure) return unknown(error.message, error.next);
  return unknown(`check failed: ${describeError(error)}`, `${next} ${retryHint}`.trim());
}

async function runCheck({ name, timeoutMs, next, run }: Check): Promise<readonly DoctorFinding[]> {
  const observations = await withTimeout(
    timeoutMs,
    Promise.resolve().then(() => run()),
  ).catch((error: unknown): Observation[] => [{ about: name, ...checkError(error, next) }]);
  return observations.map((observation) => ({ check: name, ...observation }));
}

const accessDeniedErrors = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationErrorException', // SNS
  'UnauthorizedOperation',
]);

/**
 * The finding for a failed AWS request. The message of AWS is not shown: it may quote the request.
 * @param permission the IAM action that the request needs
 */
export function awsErrorResult(error: unknown, permission: string): CheckResult {
  const name = awsErrorName(error);
  if (accessDeniedErrors.has(name)) {
    return unknown(`AWS denied the request (${name})`, `The permission ${permission} is needed.`);
  }
  if (lacksCredentials(error)) {
    return unknown(
      'no AWS credentials found on this machine',
      'Log in to AWS (aws sso login), or pass --profile <name>.',
    );
  }
  if (isCredentialsError(error)) {
    return unknown(
      `AWS rejected your credentials (${name})`,
      'Log in to AWS again. Check the account of the profile and the clock.',
    );
  }
  return unknown(
    `AWS did not answer (${describeError(error)})`,
    'Run this again. If it fails again, check the network to AWS in that region.',
  );
}

/** The finding for a failed AWS request of a check that then must not seem to be made. */
export function couldNotBeChecked(error: unknown, permission: string): CheckResult {
  const result = awsErrorResult(error, permission);
  return { ...result, finding: `could not be checked: ${result.finding}` };
}
