/**
 * An error response of Twilio, with Twilio's error code.
 * Source: https://www.twilio.com/docs/api/errors
 */
export class TwilioError extends Error {
  override readonly name = 'TwilioError';
  readonly status: 400 | 401 | 404 | 412 | 429 | 500 | 503;
  readonly code: number;

  constructor(status: TwilioError['status'], code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  toJSON() {
    return {
      code: this.code,
      message: this.message,
      more_info: `https://www.twilio.com/docs/errors/${this.code}`,
      status: this.status,
    };
  }
}

/**
 * A response 400. Twilio returns code 20001 for a change of status that is not allowed. Twilio does not document
 * its code for attributes that are too long or not JSON, or for a malformed expression. That it is 20001 too is a
 * guess.
 */
export function badRequest(message: string) {
  return new TwilioError(400, 20001, message);
}

/** Sources: https://www.twilio.com/docs/api/errors/91007 and /91100 */
export function sinkInUse() {
  return new TwilioError(
    400,
    91007,
    'Sink still in use: delete the Subscriptions that use it first',
  );
}

export function subscriptionRejected(message: string) {
  return new TwilioError(400, 91100, `Subscription could not be created: ${message}`);
}

export function pageTooLarge() {
  return new TwilioError(400, 20007, 'Page size must not exceed 1000');
}

export function unauthorized() {
  return new TwilioError(401, 20003, 'Authenticate');
}

export function notFound(path: string) {
  return new TwilioError(
    404,
    20404,
    `The requested resource ${path.replace(/^\/v1/, '')} was not found`,
  );
}

export function preconditionFailed() {
  return new TwilioError(412, 20412, 'The If-Match header does not match the current ETag');
}

export function tooManyRequests() {
  return new TwilioError(429, 20429, 'Too Many Requests');
}

export function internalError() {
  return new TwilioError(500, 20500, 'Internal Server Error');
}

export function unavailable() {
  return new TwilioError(503, 20503, 'Service Unavailable');
}
