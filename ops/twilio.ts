import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import * as z from 'zod';
import {
  createHttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../shared/taskrouter/http.ts';
import type { Deployment } from './deployment/deployment.ts';
import { Failure } from './failure.ts';

export type OperatorClient = ReturnType<typeof twilio>;

const connectTimeoutMs = 5_000;

const totalTimeoutMs = 20_000;

/**
 * Where Event Streams is, beside a TaskRouter: on its own host at Twilio, in the same region; on the
 * very same one anywhere else.
 */
export function eventsUrlOf(taskRouterUrl: string): string {
  const url = new URL(taskRouterUrl);
  if (url.hostname.endsWith('.twilio.com')) {
    url.hostname = url.hostname.replace(/^taskrouter\./, 'events.');
  }
  return url.origin;
}

/**
 * The twilio SDK with an operator's API key, asking the deployment's own hosts.
 *
 * The SDK declares that it wants its whole HTTP client: all it uses is `request`. Its own one goes
 * nowhere but to Twilio.
 */
export function operatorClient({ credentials, taskRouterUrl }: Deployment): OperatorClient {
  const { accountSid, apiKey: username, apiSecret: password } = credentials();
  const sendTo = (url: string) =>
    createHttpClient({ url, username, password, connectTimeoutMs, totalTimeoutMs });
  const toTaskRouter = sendTo(taskRouterUrl);
  const toEvents = sendTo(eventsUrlOf(taskRouterUrl));

  const request = (httpRequest: HttpRequest): Promise<HttpResponse> =>
    new URL(httpRequest.uri).hostname.startsWith('events.')
      ? toEvents(httpRequest)
      : toTaskRouter(httpRequest);
  const httpClient = { request } as Pick<RequestClient, never> as RequestClient;
  return twilio(username, password, { accountSid, httpClient });
}

/** An answer of Twilio's that the SDK takes for a failure, or Node's error where there was none. */
const TwilioErrorResponse = z.object({
  status: z.int(),
  code: z.int().optional(),
  message: z.string().nullish(),
});

const NetworkError = z.object({ code: z.string().optional(), message: z.string() });

/** Whether Twilio said that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return TwilioErrorResponse.safeParse(error).data?.status === 404;
}

/**
 * What Twilio refused, or that it did not answer, told with what to do; a mistake of ours as it is.
 * @param action what was tried, e.g. `creating the sink`
 * @param next what to do where neither Twilio's answer nor its code says it
 */
export function toTwilioFailure(error: unknown, action: string, next: string): unknown {
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
}
