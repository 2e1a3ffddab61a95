/** One invalid field of a payload, and how to fix it. It contains no values. */
export interface FieldProblem {
  field: string;
  problem: string;
}

/** The error text if a schema rejects a body. The field problems say more. */
export const invalidBody = 'The body does not match the expected schema';

/** Why a request is not authentic. This goes only to the log, because it would help to forge requests. */
export type RejectionReason =
  /** The request has no signature. */
  | 'unsigned'
  /** Its signature or the signed time is not of the sender's form. */
  | 'malformed'
  /** None of the secrets signed it as it came: its method, URL, body. */
  | 'signature'
  /** One of the secrets signed it, too long ago. */
  | 'stale'
  /** One of the secrets signed it, with a time that is to come. */
  | 'future'
  /** By its header a SharedKey of Twilio's signed it, and we have none or do not know the algorithm. */
  | 'shared-key';

/** A request that is not accepted. It would not help to send it again unchanged. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly outcome: Exclude<RequestOutcome, 'accepted' | 'ignored' | 'unavailable'>;
  readonly problems: readonly FieldProblem[];
  /** For the log only. */
  readonly reason: RejectionReason | undefined;

  /** `message` goes to the sender, so it must not repeat parts of the request. */
  constructor(
    outcome: HttpError['outcome'],
    message: string,
    problems: readonly FieldProblem[] = [],
    reason?: RejectionReason,
  ) {
    super(message);
    this.outcome = outcome;
    this.problems = problems;
    this.reason = reason;
  }
}

/**
 * We cannot handle the request now. `message` is logged, so it must not contain secrets or parts of the payload.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** The outcome of a request whose source is known. Each source has a status for every outcome. */
export type SourceOutcome =
  /** SQS has accepted every message. */
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

/** The outcome of a request. */
export type RequestOutcome =
  | SourceOutcome
  | 'not-found'
  | 'method-not-allowed'
  | 'payload-too-large'
  | 'unsupported-media-type'
  /** Signed in a way that we cannot check now: worth another try once the setting is corrected. */
  | 'unverifiable';

/** The status for each outcome. A source changes the ones that its sender's retry rules require. */
export const defaultStatus: Readonly<Record<RequestOutcome, number>> = {
  accepted: 202,
  ignored: 200,
  malformed: 400,
  unauthenticated: 401,
  'not-found': 404,
  'method-not-allowed': 405,
  'payload-too-large': 413,
  'unsupported-media-type': 415,
  invalid: 422,
  // This is not a 5xx: anybody can send such a request, and it must not start the alarm for our own failures.
  unverifiable: 429,
  unavailable: 503,
};

/**
 * The name of an error and of its causes. A message is added only if the error is ours, because the message of
 * another error may quote a payload.
 */
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
