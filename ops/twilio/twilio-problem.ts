import * as z from 'zod';
import { Failure } from '../failure.ts';

/** An answer of Twilio's that the SDK takes for a failure, or Node's error where there was none. */
const TwilioErrorResponse = z.object({
  status: z.int(),
  code: z.int().optional(),
  message: z.string().nullish(),
});
const NetworkError = z.object({ code: z.string().optional(), message: z.string() });

/** Whether Twilio said that there is no such thing. */
export const isNotFound = (error: unknown): boolean =>
  TwilioErrorResponse.safeParse(error).data?.status === 404;

/**
 * What Twilio refused, or that it did not answer, told with what to do; a mistake of ours as it is.
 * @param action what was tried, e.g. `creating the sink`
 * @param next what to do where neither Twilio's answer nor its code says it
 */
export const toTwilioFailure = (error: unknown, action: string, next: string): unknown => {
  if (error instanceof TypeError) return error;
  const options = { cause: error };
  const response = TwilioErrorResponse.safeParse(error).data;
  if (response === undefined) {
    const { code, message } = NetworkError.safeParse(error).data ?? { message: String(error) };
    return new Failure(`${action}: no answer from Twilio (${code ?? message}).`, next, options);
  }
  const { status, code, message } = response;
  const help = code === undefined ? '' : `, see https://www.twilio.com/docs/api/errors/${code}`;
  if (status === 401 || status === 403) {
    return new Failure(
      `${action}: Twilio does not accept the API key (${status}${help}).`,
      'It must be of this account, and may not be a restricted one that lacks Event Streams and TaskRouter Workspaces.',
      options,
    );
  }
  const twilioMessage = message == null || message === '' ? '' : ` ${message}`;
  return new Failure(`${action}: Twilio answered ${status}${help}.${twilioMessage}`, next, options);
};
