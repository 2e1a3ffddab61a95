import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  defaultStatus,
  describeError,
  type FieldProblem,
  HttpError,
  invalidBody,
  type RequestOutcome,
  Unavailable,
} from './errors.ts';
import { errorResponse, jsonResponse, unavailableResponse } from './response.ts';

/** Takes an API Gateway event (payload format 2.0) and gives the response. */
export type WebhookHandler = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** What became of an authentic payload. */
export interface Accepted<Summary> {
  /** `accepted`: there was something to enqueue, and SQS holds all of it. */
  outcome: 'accepted' | 'ignored';
  /** Logged. It holds no payload. */
  summary: Summary;
  /** Problems of events that are not readable; the readable ones are on the queue. */
  problems: readonly FieldProblem[];
}

/** The log entry of a request, without what `accept` says of it. */
export interface RequestLog {
  requestId: string;
  outcome: RequestOutcome;
  status: number;
  /** Why events were ignored, or the reason for a rejection. */
  reasons?: readonly string[];
  /** Names of the invalid fields. */
  fields?: readonly string[];
  /** Name of the error and of its causes; with the message if the error is one of ours. */
  error?: string;
}

/** What differs between webhooks. */
interface Webhook<Payload, Summary> {
  /**
   * Verifies the raw bytes of a POST, then parses them.
   * @throws HttpError or Unavailable
   */
  authenticate(event: APIGatewayProxyEventV2): Promise<Payload>;
  /**
   * Enqueues what the payload calls for. Resolves once SQS holds every message.
   * @throws HttpError or Unavailable
   */
  accept(payload: Payload): Promise<Accepted<Summary>>;
  /** The response to an authentic payload without problems. */
  respond(
    statusCode: number,
    requestId: string,
    accepted: Accepted<Summary>,
  ): APIGatewayProxyStructuredResultV2;
  /** The sender's rules for retries decide. */
  statusOf: Readonly<Record<RequestOutcome, number>>;
  /** Called once for each request, except for probes; with a summary if `accept` gave one. */
  log(entry: RequestLog, summary?: Summary): void;
  /** Methods that a sender tests the URL with. They get a 200. */
  probeMethods?: readonly string[] | undefined;
  retryAfterSeconds?: number | undefined;
  /** After this time the response is `unavailable`, in milliseconds. */
  responseMs?: number | undefined;
}

/**
 * Intercom, HubSpot and Event Streams wait five seconds for a response. After a later one they count the
 * request as failed, and many senders do not retry the plain 500 that Lambda's own timeout gives.
 */
const defaultResponseMs = 4500;

/**
 * Builds the handler of a webhook: verify, parse, accept, respond. The response is a 2xx only if SQS
 * holds every message. A failure of ours is `unavailable`, with `retry-after`.
 */
export function receiveWebhook<Payload, Summary>(
  webhook: Webhook<Payload, Summary>,
): WebhookHandler {
  const {
    statusOf,
    probeMethods = [],
    retryAfterSeconds,
    responseMs = defaultResponseMs,
  } = webhook;
  return async (event) => {
    const { requestId, http } = event.requestContext;
    if (probeMethods.includes(http.method)) {
      return jsonResponse(200, { requestId, status: 'ignored' });
    }
    try {
      if (http.method !== 'POST') throw new HttpError('method-not-allowed', 'Send a POST');
      const accepted = await withTimeout(
        responseMs,
        webhook.authenticate(event).then((payload) => webhook.accept(payload)),
      );
      const { outcome, summary, problems } = accepted;
      if (problems.length > 0) {
        return rejectRequest(
          event,
          new HttpError('invalid', invalidBody, problems),
          webhook,
          summary,
        );
      }
      const status = statusOf[outcome];
      webhook.log({ requestId, outcome, status }, summary);
      return webhook.respond(status, requestId, accepted);
    } catch (error) {
      if (error instanceof HttpError) return rejectRequest(event, error, webhook);
      const status = statusOf.unavailable;
      webhook.log({ requestId, outcome: 'unavailable', status, error: describeError(error) });
      return unavailableResponse(requestId, status, retryAfterSeconds);
    }
  };
}

/** Logs a request that is not accepted, and responds with what is wrong with it. */
export function rejectRequest<Summary>(
  event: APIGatewayProxyEventV2,
  error: HttpError,
  webhook: Pick<Webhook<never, Summary>, 'log' | 'statusOf' | 'probeMethods'>,
  summary?: Summary,
): APIGatewayProxyStructuredResultV2 {
  const { requestId } = event.requestContext;
  const { outcome, problems, reason } = error;
  const status = webhook.statusOf[outcome];
  const entry = {
    requestId,
    outcome,
    status,
    ...(reason !== undefined && { reasons: [reason] }),
    ...(problems.length > 0 && { fields: problems.map(({ field }) => field) }),
  };
  webhook.log(entry, summary);
  const allow = ['POST', ...(webhook.probeMethods ?? [])].join(', ');
  return errorResponse(status, requestId, error, outcome === 'method-not-allowed' ? { allow } : {});
}

/**
 * A handler that is created at its first request. If `create` throws, the response is a 503, the
 * message of the error is logged, and the next request calls `create` again.
 */
export function createOnFirstRequest(
  create: () => WebhookHandler,
  log: (entry: RequestLog) => void,
): WebhookHandler {
  let handler: WebhookHandler | undefined;
  return async (event) => {
    try {
      handler ??= create();
    } catch (error) {
      const { requestId } = event.requestContext;
      const { message } = error instanceof Error ? error : new Error('not an Error');
      log({ requestId, outcome: 'unavailable', status: defaultStatus.unavailable, error: message });
      return unavailableResponse(requestId);
    }
    return handler(event);
  };
}

/**
 * The result of some work, if it comes in time. Work that takes longer goes on; only the wait ends.
 * @throws Unavailable after so many milliseconds
 */
export async function withTimeout<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Unavailable(`Timed out after ${ms} ms`)), ms);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
