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
export function invalidFields({ problems }: HttpError): { readonly fields?: readonly string[] } {
  return problems.length > 0 ? { fields: problems.map(({ field }) => field) } : {};
}

/** We cannot do our part now. `message` is logged: it must hold neither secrets nor payload. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** What a request came to, once its source is known. Each source says which status that is. */
export type SourceOutcome =
  /** SQS holds every message. */
  | 'accepted'
  /** Genuine, and there is nothing to do. */
  | 'ignored'
  /** Not readable: a header is missing, not base64, not JSON. */
  | 'malformed'
  | 'unauthenticated'
  /** JSON, but not of the shape that the source sends. */
  | 'invalid'
  /** Not the sender's fault: worth another try. */
  | 'unavailable';

/** What a request came to. */
export type RequestOutcome =
  | SourceOutcome
  | 'not-found'
  | 'wrong-method'
  | 'too-large'
  | 'wrong-type';

/** The status for each outcome. A source takes it as it is, or with what its sender wants otherwise. */
export const defaultStatus: Readonly<Record<RequestOutcome, number>> = {
  accepted: 202,
  ignored: 200,
  malformed: 400,
  unauthenticated: 401,
  'not-found': 404,
  'wrong-method': 405,
  'too-large': 413,
  'wrong-type': 415,
  invalid: 422,
  unavailable: 503,
};

/** The name of an error and of what caused it. Messages of others may quote a payload: not told. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'not an Error';
  const description = error.name + (isOwnError(error) ? `: ${error.message}` : codeSuffix(error));
  return error.cause === undefined
    ? description
    : `${description}, caused by ${describeError(error.cause)}`;
}

/** A system error's code, e.g. ECONNREFUSED. */
function codeSuffix(error: Error): string {
  return 'code' in error && typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code)
    ? ` ${error.code}`
    : '';
}

function isOwnError(error: Error): boolean {
  return error instanceof Unavailable || error instanceof HttpError;
}
