import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import {
  createHttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../../shared/taskrouter/http-client.ts';
import type { Deployment } from '../deployment/deployment.ts';

export type OperatorClient = ReturnType<typeof twilio>;

const connectTimeoutMs = 5_000;
const totalTimeoutMs = 20_000;

/**
 * Where Event Streams is, beside a TaskRouter: on its own host at Twilio, in the same region; on the
 * very same one anywhere else.
 */
export const eventsUrlOf = (taskRouterUrl: string): string => {
  const url = new URL(taskRouterUrl);
  if (url.hostname.endsWith('.twilio.com')) {
    url.hostname = url.hostname.replace(/^taskrouter\./, 'events.');
  }
  return url.origin;
};

/**
 * The twilio SDK with an operator's API key, asking the deployment's own hosts.
 *
 * The SDK declares that it wants its whole HTTP client: all it uses is `request`. Its own one goes
 * nowhere but to Twilio.
 */
export const operatorClient = ({ credentials, taskRouterUrl }: Deployment): OperatorClient => {
  const { accountSid, apiKey: username, apiSecret: password } = credentials();
  const sendTo = (url: string) =>
    createHttpClient({ url, username, password, connectTimeoutMs, totalTimeoutMs });
  const toTaskRouter = sendTo(taskRouterUrl);
  const toEvents = sendTo(eventsUrlOf(taskRouterUrl));

  const request = (httpRequest: HttpRequest): Promise<HttpResponse> =>
    new URL(httpRequest.uri).hostname.startsWith('events.') ? toEvents(httpRequest) : toTaskRouter(httpRequest);
  const httpClient = { request } as Pick<RequestClient, never> as RequestClient;
  return twilio(username, password, { accountSid, httpClient });
};
