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

/** Gets an API Gateway event (payload format 2.0) and returns the response. */
export type WebhookHandler = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** The result for an authentic payload. */
export interface Accepted<Summary> {
  /** `accepted`: there were messages, and SQS has accepted all of them. */
  outcome: 'accepted' | 'ignored';
  /** The fields for the log. They contain no payload. */
  summary: Summary;
  /** Problems of events that are not readable. The readable events are on the queue. */
  problems: readonly FieldProblem[];
}

/** The log entry of a request, without the summary of `accept`. */
export interface RequestLog {
  requestId: string;
  outcome: RequestOutcome;
  status: number;
  /** Why events were ignored, or why the request was rejected. */
  reasons?: readonly string[];
  /** Names of the invalid fields. */
  fields?: readonly string[];
  /** Name of the error and of its causes. The message is included if the error is ours. */
  error?: string;
}

/** The parts in which webhooks differ. */
interface Webhook<Payload, Summary> {
  /**
   * Verifies the raw bytes of a POST, then parses them.
   * @throws HttpError or Unavailable
   */
  authenticate(event: APIGatewayProxyEventV2): Promise<Payload>;
  /**
   * Enqueues the messages for the payload. Resolves after SQS has accepted every message.
   * @throws HttpError or Unavailable
   */
  accept(payload: Payload): Promise<Accepted<Summary>>;
  /** The response to an authentic payload without problems. */
  respond(
    statusCode: number,
    requestId: string,
    accepted: Accepted<Summary>,
  ): APIGatewayProxyStructuredResultV2;
  /** The status of each outcome. It follows from the sender's retry rules. */
  statusOf: Readonly<Record<RequestOutcome, number>>;
  /** Called once for each request, except for probes. It gets a summary if `accept` returned one. */
  log(entry: RequestLog, summary?: Summary): void;
  /** Methods with which a sender tests the URL. They get a 200. */
  probeMethods?: readonly string[] | undefined;
  retryAfterSeconds?: number | undefined;
  /** The time after which the response is `unavailable`, in milliseconds. */
  responseMs?: number | undefined;
}

/**
 * Intercom, HubSpot and Event Streams wait five seconds for a response. After that they count the request as
 * failed. Many senders do not retry after the plain 500 that a Lambda timeout causes.
 */
const defaultResponseMs = 4500;

/**
 * Builds the handler of a webhook: verify, parse, accept, respond. The response is a 2xx only if SQS has accepted
 * every message. Our own failure is `unavailable`, with `retry-after`.
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

/** Logs a request that is not accepted. Its response says what is wrong. */
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
 * A handler that is created at its first request. If `create` throws, the response is a 503 and the error's message
 * is logged. The next request calls `create` again.
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
 * The result of some work, if it comes in time. If the work takes longer, it goes on, but nobody waits for it.
 * @throws Unavailable after `ms` milliseconds
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
