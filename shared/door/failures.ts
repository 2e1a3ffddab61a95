import type { Outcome } from './outcome.ts';

/** One thing that is wrong with a payload: where it stands and what to do. Holds no values. */
export interface Problem {
  readonly field: string;
  readonly problem: string;
}

/** What is said of a body that a schema refuses; the problems tell more. */
export const unexpectedShape = 'The body is not of the expected shape';

/** The request is not taken, and sending it again as it is would change nothing. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly outcome: Exclude<Outcome, 'accepted' | 'ignored' | 'unavailable'>;
  readonly problems: readonly Problem[];

  /** `message` goes to the sender: it must not repeat what the request holds. */
  constructor(outcome: Refusal['outcome'], message: string, problems: readonly Problem[] = []) {
    super(message);
    this.outcome = outcome;
    this.problems = problems;
  }
}

/** The fields that are wrong, by name, as a report tells them. */
export const fieldsOf = ({ problems }: Refusal): { readonly fields?: readonly string[] } =>
  problems.length > 0 ? { fields: problems.map(({ field }) => field) } : {};

/** We cannot do our part now. `message` is logged: it must hold neither secrets nor payload. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
