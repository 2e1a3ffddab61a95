import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import * as z from 'zod';
import {
  createHttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../shared/taskrouter/http.ts';
import type { Deployment } from './deployment/deployment.ts';
import { dnsFailure, Failure, unresolvedHost } from './failure.ts';

export type OperatorClient = ReturnType<typeof twilio>;

const connectTimeoutMs = 5_000;

const totalTimeoutMs = 20_000;

/**
 * The URL of another API. At Twilio it has its own host in the same region. Elsewhere it has the host of
 * TaskRouter.
 */
export function apiUrlOf(api: 'events' | 'flex-api', taskRouterUrl: string): string {
  const url = new URL(taskRouterUrl);
  if (url.hostname.endsWith('.twilio.com')) {
    url.hostname = url.hostname.replace(/^taskrouter\./, `${api}.`);
  }
  return url.origin;
}

/**
 * The twilio SDK with the operator's API key and the hosts of the deployment.
 *
 * The SDK's own HTTP client calls only Twilio's hosts. The SDK's type requires the whole client, but the SDK calls
 * only `request`.
 */
export function operatorClient({ credentials, taskRouterUrl }: Deployment): OperatorClient {
  const { accountSid, apiKey: username, apiSecret: password } = credentials();
  const sendTo = (url: string) =>
    createHttpClient({ url, username, password, connectTimeoutMs, totalTimeoutMs });
  const toTaskRouter = sendTo(taskRouterUrl);
  const toEvents = sendTo(apiUrlOf('events', taskRouterUrl));
  const toFlex = sendTo(apiUrlOf('flex-api', taskRouterUrl));

  const request = (httpRequest: HttpRequest): Promise<HttpResponse> => {
    const { hostname } = new URL(httpRequest.uri);
    if (hostname.startsWith('events.')) return toEvents(httpRequest);
    return hostname.startsWith('flex-api.') ? toFlex(httpRequest) : toTaskRouter(httpRequest);
  };
  const httpClient = { request } as Pick<RequestClient, never> as RequestClient;
  return twilio(username, password, { accountSid, httpClient });
}

/** An error response of Twilio, as the SDK throws it. */
const TwilioErrorResponse = z.object({
  status: z.int(),
  code: z.int().optional(),
  message: z.string().nullish(),
});

const NetworkError = z.object({ code: z.string().optional(), message: z.string() });

/** Whether Twilio answered 404. */
export function isNotFound(error: unknown): boolean {
  return TwilioErrorResponse.safeParse(error).data?.status === 404;
}

/**
 * Turns an error of the twilio SDK into a `Failure` with the next step. Returns a bug unchanged.
 * @param action what failed, e.g. `creating the sink`
 * @param next the next step, unless Twilio rejected the API key
 * @param permissions the permissions that a restricted key needs
 */
export function toTwilioFailure(
  error: unknown,
  action: string,
  next: string,
  permissions = 'Event Streams and TaskRouter Workspaces',
): unknown {
  if (error instanceof TypeError) return error;
  const host = unresolvedHost(error);
  if (host !== undefined) return dnsFailure([host], error);
  const options = { cause: error };
  const response = TwilioErrorResponse.safeParse(error).data;
  if (response === undefined) {
    const { code, message } = NetworkError.safeParse(error).data ?? { message: String(error) };
    return new Failure(`${action}: Twilio did not answer (${code ?? message}).`, next, options);
  }
  const { status, code, message } = response;
  const help = code === undefined ? '' : `, see https://www.twilio.com/docs/api/errors/${code}`;
  if (status === 401 || status === 403) {
    return new Failure(
      `${action}: Twilio rejected the API key (${status}${help}).`,
      `Use an API key of this account. A restricted key needs ${permissions}.`,
      options,
    );
  }
  const twilioMessage = message == null || message === '' ? '' : ` ${message}`;
  return new Failure(`${action}: Twilio answered ${status}${help}.${twilioMessage}`, next, options);
}
