import * as z from 'zod';
import { jsonText } from '../runtime/json-text.ts';
import {
  BadRequest,
  Conflict,
  NotFound,
  type TaskRouterError,
  Transient,
  Unauthorized,
} from './failures.ts';
import type { HttpResponse } from './http-client.ts';
import { retryAfterMs } from './retry-after.ts';

/** What was asked of TaskRouter: nothing of attributes, expressions or credentials. */
export interface TaskRouterOperation {
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
export const readResponse = (
  operation: TaskRouterOperation,
  response: HttpResponse,
  now: number,
): unknown => {
  const { statusCode: status, headers, body } = response;
  if (status >= 200 && status < 300) return parseBody(operation, response);

  const code = ErrorBody.safeParse(body).data?.code;
  const helpLink = code === undefined ? '' : `, see https://www.twilio.com/docs/api/errors/${code}`;
  const message = `${describeOperation(operation)}: TaskRouter answered ${status}${helpLink}`;
  if (status === 412) throw new Conflict(message, { status });
  if (status === 404 && operation.taskSid !== undefined) throw new NotFound(message, { status });
  if (status === 401 || status === 403 || status === 404)
    throw new Unauthorized(message, { status });
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    throw new BadRequest(message, { status });
  }
  const wait = retryAfterMs(headers['retry-after'], now);
  throw new Transient(message, { status, retryAfterMs: wait });
};

/** There was no whole answer. Node's error is not kept as the cause: one of a URL quotes its query. */
export const noResponse = (
  operation: TaskRouterOperation,
  error: Error & { code?: string },
): TaskRouterError =>
  new Transient(`${describeOperation(operation)}: no answer (${error.code ?? error.message})`);

/**
 * A success that lacks what TaskRouter's description promises. For a read that will not mend itself,
 * and waiting would only hide it: Invalid. A write has most likely taken effect: Retryable, so that
 * the Task is read again and compared.
 */
export const unexpectedResponse = (
  operation: TaskRouterOperation,
  missing = 'content',
): TaskRouterError => {
  const message = `${describeOperation(operation)}: the answer has no usable ${missing}`;
  const status = 200;
  return operation.method === 'GET'
    ? new BadRequest(message, { status })
    : new Transient(message, { status });
};

const describeOperation = ({ method, resource, taskSid, evaluates }: TaskRouterOperation): string =>
  [method, resource, taskSid, evaluates && 'by expression'].filter(Boolean).join(' ');

const ErrorBody = jsonText(z.object({ code: z.int() }));

const parseBody = (operation: TaskRouterOperation, { statusCode, body }: HttpResponse): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    // The SyntaxError quotes the body, and with it attributes: it is not handed on.
    const message = `${describeOperation(operation)}: TaskRouter answered ${statusCode} without JSON`;
    throw new Transient(message, { status: statusCode });
  }
};
