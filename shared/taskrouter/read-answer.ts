import * as z from 'zod';
import { jsonText } from '../runtime/json-text.ts';
import { Conflict, Gone, Invalid, Refused, Retryable, type TaskRouterFailure } from './failures.ts';
import type { HttpResponse } from './http-client.ts';
import { retryAfterMs } from './retry-after.ts';

/** What was asked of TaskRouter: nothing of attributes, expressions or credentials. */
export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly resource: 'Task' | 'Reservations' | 'Tasks';
  /** Where it is about one Task. */
  readonly taskSid?: string;
  /** Whether Twilio has to evaluate an expression for it. */
  readonly evaluates?: boolean;
}

/**
 * What an answer says, or the failure that it means.
 *
 * | answer                             | failure   | because                                       |
 * | ---------------------------------- | --------- | --------------------------------------------- |
 * | 2xx with JSON                      | none      |                                               |
 * | 412                                | Conflict  | the Task changed since it was read            |
 * | 404 for a Task                     | Gone      | Twilio deletes Tasks once they are finished   |
 * | 404 for all Tasks                  | Refused   | there is no such Workspace for this account   |
 * | 401, 403                           | Refused   | our credentials are not accepted              |
 * | 408, 429, 5xx                      | Retryable | it passes; `Retry-After` is handed on         |
 * | any other 4xx                      | Invalid   | Twilio would refuse the same request again    |
 * | 3xx, 2xx without JSON              | Retryable | it was not TaskRouter that spoke              |
 * | 2xx, not what TaskRouter describes | `misfit`  | see there                                     |
 * | none: time-out, broken connection  | Retryable | see `unanswered`                              |
 *
 * Twilio's own message is left out: it may repeat what we sent.
 * Source: https://www.twilio.com/docs/usage/twilios-response
 * @param now milliseconds since 1970, to read a `Retry-After` that is a date
 * @throws TaskRouterFailure
 */
export const readAnswer = (asked: Asked, answer: HttpResponse, now: number): unknown => {
  const { statusCode: status, headers, body } = answer;
  if (status >= 200 && status < 300) return parseJson(asked, answer);

  const code = ErrorBody.safeParse(body).data?.code;
  const help = code === undefined ? '' : `, see https://www.twilio.com/docs/api/errors/${code}`;
  const message = `${nameOf(asked)}: TaskRouter answered ${status}${help}`;
  if (status === 412) throw new Conflict(message, { status });
  if (status === 404 && asked.taskSid !== undefined) throw new Gone(message, { status });
  if (status === 401 || status === 403 || status === 404) throw new Refused(message, { status });
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    throw new Invalid(message, { status });
  }
  const wait = retryAfterMs(headers['retry-after'], now);
  throw new Retryable(message, { status, retryAfterMs: wait });
};

/** There was no whole answer. Node's error is not kept as the cause: one of a URL quotes its query. */
export const unanswered = (asked: Asked, error: Error & { code?: string }): TaskRouterFailure =>
  new Retryable(`${nameOf(asked)}: no answer (${error.code ?? error.message})`);

/**
 * A success that lacks what TaskRouter's description promises. For a read that will not mend itself,
 * and waiting would only hide it: Invalid. A write has most likely taken effect: Retryable, so that
 * the Task is read again and compared.
 */
export const misfit = (asked: Asked, lacking = 'content'): TaskRouterFailure => {
  const message = `${nameOf(asked)}: the answer has no usable ${lacking}`;
  const status = 200;
  return asked.method === 'GET'
    ? new Invalid(message, { status })
    : new Retryable(message, { status });
};

const nameOf = ({ method, resource, taskSid, evaluates }: Asked): string =>
  [method, resource, taskSid, evaluates && 'by expression'].filter(Boolean).join(' ');

const ErrorBody = jsonText(z.object({ code: z.int() }));

const parseJson = (asked: Asked, { statusCode, body }: HttpResponse): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    // The SyntaxError quotes the body, and with it attributes: it is not handed on.
    const message = `${nameOf(asked)}: TaskRouter answered ${statusCode} without JSON`;
    throw new Retryable(message, { status: statusCode });
  }
};
