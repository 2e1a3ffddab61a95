import type { DoctorFinding, CheckState } from './finding.ts';

/** All that was found, and how much of it is how bad. */
export interface DoctorReport {
  /** What was looked at, for people: `stack prod`. */
  readonly about: string;
  readonly findings: readonly DoctorFinding[];
  readonly counts: Readonly<Record<CheckState, number>>;
}

export const doctorReport = (about: string, findings: readonly DoctorFinding[]): DoctorReport => {
  const count = (state: CheckState) => findings.filter((finding) => finding.state === state).length;
  const counts = {
    ok: count('ok'),
    warning: count('warning'),
    bad: count('bad'),
    unknown: count('unknown'),
  };
  return { about, findings, counts };
};
