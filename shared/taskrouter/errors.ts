/** A call to TaskRouter that failed, as one of the classes below. */
export abstract class TaskRouterError extends Error {
  /** HTTP status; undefined if there was no response. */
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** 412: another writer has changed the Task since we read it. Read it again and merge. */
export class Conflict extends TaskRouterError {
  override readonly name = 'Conflict';
}

/**
 * 408, 429, 5xx, a timeout or a broken connection. A write may still have taken effect: read the Task again and
 * compare.
 */
export class Transient extends TaskRouterError {
  override readonly name = 'Transient';
  /** The wait that `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: {
      status?: number | undefined;
      cause?: unknown;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** 404: the Task no longer exists. Final. */
export class NotFound extends TaskRouterError {
  override readonly name = 'NotFound';
}

/**
 * 401 or 403: Twilio rejected our credentials. Also 404 for the Workspace itself. A person must act. The message is
 * kept.
 */
export class Unauthorized extends TaskRouterError {
  override readonly name = 'Unauthorized';
}

/**
 * No request was made: the circuit breaker is open, because TaskRouter failed several times in a row just before.
 * `cause` is the last of those failures.
 */
export class CircuitOpen extends TaskRouterError {
  override readonly name = 'CircuitOpen';
  /** When to try again, in milliseconds from now. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, cause: TaskRouterError | undefined) {
    super('circuit breaker open', { status: cause?.status, cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * A response that TaskRouter does not document: no JSON, no Task, no ETag, or a list without an end. Another server
 * has responded, or only a part of TaskRouter. This may be temporary. A write may still have taken effect: read the
 * Task again and compare.
 */
export class InvalidResponse extends TaskRouterError {
  override readonly name = 'InvalidResponse';
}

/** The invocation's time is up. The request was not made, or nobody waits for its response. */
export class DeadlineExceeded extends TaskRouterError {
  override readonly name = 'DeadlineExceeded';
}

/** Any other 4xx. It would not help to try again. */
export class BadRequest extends TaskRouterError {
  override readonly name = 'BadRequest';
}
