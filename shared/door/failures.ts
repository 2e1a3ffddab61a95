import type { RequestOutcome } from './outcome.ts';

/** One thing that is wrong with a payload: where it stands and what to do. Holds no values. */
export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

/** What is said of a body that a schema refuses; the problems tell more. */
export const invalidBody = 'The body is not of the expected shape';

/** The request is not taken, and sending it again as it is would change nothing. */
export class HttpError extends Error {
  override readonly name = 'Refusal';
  readonly outcome: Exclude<RequestOutcome, 'accepted' | 'ignored' | 'unavailable'>;
  readonly problems: readonly FieldProblem[];

  /** `message` goes to the sender: it must not repeat what the request holds. */
  constructor(
    outcome: HttpError['outcome'],
    message: string,
    problems: readonly FieldProblem[] = [],
  ) {
    super(message);
    this.outcome = outcome;
    this.problems = problems;
  }
}

/** The fields that are wrong, by name, as a report tells them. */
export const invalidFields = ({ problems }: HttpError): { readonly fields?: readonly string[] } =>
  problems.length > 0 ? { fields: problems.map(({ field }) => field) } : {};

/** We cannot do our part now. `message` is logged: it must hold neither secrets nor payload. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
