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

export const ok = (finding: string): CheckResult => ({ state: 'ok', finding });
export const warning = (finding: string, next: string): CheckResult => ({
  state: 'warning',
  finding,
  next,
});
export const failed = (finding: string, next: string): CheckResult => ({ state: 'bad', finding, next });
export const unknown = (finding: string, next: string): CheckResult => ({
  state: 'unknown',
  finding,
  next,
});
