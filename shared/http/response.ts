import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { FieldProblem, HttpError } from './errors.ts';

/** The body of a JSON response. */
interface ResponseBody {
  requestId: string;
  status: 'accepted' | 'ignored' | 'error' | 'unavailable';
  /** How many messages are on the queue now, and how many events needed none. */
  accepted?: number;
  ignored?: number;
  reasons?: readonly string[];
  error?: string;
  problems?: readonly FieldProblem[];
}

/** A response with a body of any type. */
export function rawResponse(
  statusCode: number,
  requestId: string,
  { contentType, body }: { contentType: string; body: string },
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

/** A response in JSON. */
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

/** A response that says what is wrong with the request. */
export function errorResponse(
  statusCode: number,
  requestId: string,
  { message, problems }: Pick<HttpError, 'message' | 'problems'>,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return jsonResponse(
    statusCode,
    { requestId, status: 'error', error: message, ...(problems.length > 0 && { problems }) },
    headers,
  );
}

/** A response that asks the sender to try again after `retryAfterSeconds`. */
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

/** These headers forbid caches, frames, guessing of types, and later calls without TLS. */
const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
};
