/**
 * An answer of Twilio's that is not a success, with Twilio's own code.
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
 * 20001 is what TaskRouter answers to an illegal change of status. That it is also the code for
 * attributes that are too long or not JSON, or for a malformed expression, is a guess: Twilio does
 * not document those.
 */
export const badRequest = (message: string) => new TwilioError(400, 20001, message);
/** Sources: https://www.twilio.com/docs/api/errors/91007 and /91100 */
export const sinkInUse = () =>
  new TwilioError(400, 91007, 'Sink still in use: delete the Subscriptions that use it first');
export const subscriptionRefused = (message: string) =>
  new TwilioError(400, 91100, `Subscription could not be created: ${message}`);
export const pageTooLarge = () => new TwilioError(400, 20007, 'Page size must not exceed 1000');
export const unauthorised = () => new TwilioError(401, 20003, 'Authenticate');
export const notFound = (path: string) =>
  new TwilioError(404, 20404, `The requested resource ${path.replace(/^\/v1/, '')} was not found`);
export const preconditionFailed = () =>
  new TwilioError(412, 20412, 'The If-Match header does not match the current ETag');
export const tooManyRequests = () => new TwilioError(429, 20429, 'Too Many Requests');
export const internalError = () => new TwilioError(500, 20500, 'Internal Server Error');
export const unavailable = () => new TwilioError(503, 20503, 'Service Unavailable');
