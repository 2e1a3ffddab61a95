/** What can go wrong with a call to TaskRouter. Anything that is asked and fails is one of five below. */
export abstract class TaskRouterError extends Error {
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** 412: somebody wrote to the Task since we read it. Read again and merge. */
export class Conflict extends TaskRouterError {
  override readonly name = 'Conflict';
}

/**
 * 429, 5xx, a time-out or a broken connection. For a write that says nothing about whether it took
 * effect: read again and compare.
 */
export class Transient extends TaskRouterError {
  override readonly name = 'Retryable';
  /** What `Retry-After` asked for, in milliseconds. */
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

/** 404: the Task does not exist any more. Final. */
export class NotFound extends TaskRouterError {
  override readonly name = 'Gone';
}

/**
 * 401 or 403: our credentials are not accepted; or 404 for the Workspace itself. A person has to act;
 * the message is kept.
 */
export class Unauthorized extends TaskRouterError {
  override readonly name = 'Refused';
}

/**
 * Nothing was asked: TaskRouter has failed too often just now. `cause` is the last of those failures; no
 * client of TaskRouter makes this one, but who stands before it and spares it.
 */
export class CircuitOpen extends TaskRouterError {
  override readonly name = 'NotAsked';
  /** When it is of use to come again, in milliseconds from now. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, cause: TaskRouterError | undefined) {
    super('not asked', { status: cause?.status, cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** Any other 4xx, or an answer we cannot read: it will be no better however often we ask. */
export class BadRequest extends TaskRouterError {
  override readonly name = 'Invalid';
}
