import { setTimeout as delay } from 'node:timers/promises';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type FieldProblem, type HttpError, Unavailable } from './errors.ts';

/** What a sender is told. */
interface ResponseBody {
  readonly requestId: string;
  readonly status: 'accepted' | 'ignored' | 'refused' | 'unavailable';
  /** Messages that are on the queue now, and events that needed none. */
  readonly accepted?: number;
  readonly ignored?: number;
  readonly reasons?: readonly string[];
  readonly error?: string;
  readonly problems?: readonly FieldProblem[];
}

/** Nobody keeps an answer, frames it, guesses its type or comes back without TLS. */
const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
};

/** An HTTP answer with a body of any type. */
export function rawResponse(
  statusCode: number,
  requestId: string,
  { contentType, body }: { readonly contentType: string; readonly body: string },
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: {
      'content-type': contentType,
      'x-request-id': requestId,
      ...securityHeaders,
      ...headers,
    },
    body,
  };
}

/** An HTTP answer in JSON. */
export function jsonResponse(
  statusCode: number,
  body: ResponseBody,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return rawResponse(
    statusCode,
    body.requestId,
    { contentType: 'application/json', body: JSON.stringify(body) },
    headers,
  );
}

/** Tells the sender what is wrong with the request. */
export function errorResponse(
  statusCode: number,
  requestId: string,
  { message, problems }: Pick<HttpError, 'message' | 'problems'>,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return jsonResponse(
    statusCode,
    { requestId, status: 'refused', error: message, ...(problems.length > 0 && { problems }) },
    headers,
  );
}

/** Tells the sender to try again in so many seconds. */
export function unavailableResponse(
  requestId: string,
  statusCode = 503,
  retryAfterSeconds = 30,
): APIGatewayProxyStructuredResultV2 {
  return jsonResponse(
    statusCode,
    { requestId, status: 'unavailable', error: 'Try again later' },
    { 'retry-after': String(retryAfterSeconds) },
  );
}

/**
 * What work comes to, if it does so in time; it is not stopped otherwise, only no longer waited for.
 * @throws Unavailable when it takes longer than so many milliseconds.
 */
export async function withTimeout<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const timeout = delay(ms, undefined, { signal: controller.signal }).then(() => {
    throw new Unavailable(`Not done within ${ms} ms`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timeout.catch(() => {});
    controller.abort();
  }
}
