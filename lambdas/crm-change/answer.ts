import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Problem } from './failures.ts';

/** What a sender is told. */
export interface Answer {
  readonly requestId: string;
  readonly status: 'accepted' | 'ignored' | 'refused' | 'unavailable';
  /** Messages that are on the queue now, and events that needed none. */
  readonly accepted?: number;
  readonly ignored?: number;
  readonly reasons?: readonly string[];
  readonly error?: string;
  readonly problems?: readonly Problem[];
}

/** An HTTP answer in JSON that nobody keeps or guesses the type of. */
export const answer = (
  statusCode: number,
  body: Answer,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  },
  body: JSON.stringify(body),
});

/** Tells the sender to try again in so many seconds. */
export const unavailable = (
  requestId: string,
  statusCode = 503,
  retryAfterSeconds = 30,
): APIGatewayProxyStructuredResultV2 =>
  answer(
    statusCode,
    { requestId, status: 'unavailable', error: 'Try again later' },
    { 'retry-after': String(retryAfterSeconds) },
  );
