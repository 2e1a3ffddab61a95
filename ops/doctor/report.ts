import type { Finding, State } from './finding.ts';

/** All that was found, and how much of it is how bad. */
export interface Report {
  /** What was looked at, for people: `stack prod`. */
  readonly about: string;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<State, number>>;
}

export const reportOf = (about: string, findings: readonly Finding[]): Report => {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  const counts = {
    ok: count('ok'),
    warning: count('warning'),
    bad: count('bad'),
    unknown: count('unknown'),
  };
  return { about, findings, counts };
};
