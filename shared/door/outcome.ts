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
