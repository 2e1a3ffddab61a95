import * as z from 'zod';
import { jsonText } from '../json.ts';
import {
  BadRequest,
  Conflict,
  NotFound,
  type TaskRouterError,
  Transient,
  Unauthorized,
} from './errors.ts';
import type { HttpResponse } from './http.ts';

const sid = z.string().min(1);

/** A status that is missing or not known says nothing. */
const assignmentStatus = z
  .enum(['pending', 'reserved', 'assigned', 'canceled', 'wrapping', 'completed'])
  .optional()
  .catch(undefined);

/** One Task as the SDK gives it, headers and all. */
export const TaskResponse = z
  .object({
    headers: z.object({ etag: z.string().min(1) }),
    body: z.object({ sid, attributes: z.string(), assignmentStatus }),
  })
  .transform(({ headers: { etag }, body: { assignmentStatus: status, ...body } }) => ({
    ...body,
    etag,
    status,
  }));

/** Tasks as a list gives them: without ETags, and by its description maybe without attributes. */
export const TaskList = z.array(
  z
    .object({ sid, attributes: z.string().nullish(), assignmentStatus })
    .transform(({ assignmentStatus: status, ...task }) => ({ ...task, status })),
);

/** A page of Tasks of which nothing is wanted but that it came. */
export const TaskPage = z.object({ instances: z.array(z.unknown()) });

const reservationStatus = z.enum([
  'pending',
  'accepted',
  'rejected',
  'timeout',
  'canceled',
  'rescinded',
  'wrapping',
  'completed',
]);

/** A status that we do not know yet counts as `pending`: no segment to link to, or not yet. */
export const ReservationList = z.array(
  z
    .object({ sid, reservationStatus: z.string().pipe(reservationStatus.catch('pending')) })
    .transform(({ sid, reservationStatus: status }) => ({ sid, status })),
);

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
export function readResponse(
  operation: TaskRouterOperation,
  response: HttpResponse,
  now: number,
): unknown {
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
}

/** There was no whole answer. Node's error is not kept as the cause: one of a URL quotes its query. */
export function noResponse(
  operation: TaskRouterOperation,
  error: Error & { code?: string },
): TaskRouterError {
  return new Transient(
    `${describeOperation(operation)}: no answer (${error.code ?? error.message})`,
  );
}

/**
 * A success that lacks what TaskRouter's description promises. For a read that will not mend itself,
 * and waiting would only hide it: Invalid. A write has most likely taken effect: Retryable, so that
 * the Task is read again and compared.
 */
export function unexpectedResponse(
  operation: TaskRouterOperation,
  missing = 'content',
): TaskRouterError {
  const message = `${describeOperation(operation)}: the answer has no usable ${missing}`;
  const status = 200;
  return operation.method === 'GET'
    ? new BadRequest(message, { status })
    : new Transient(message, { status });
}

const ErrorBody = jsonText(z.object({ code: z.int() }));

/** The longest wait we let Twilio ask for: that of our own retry table. */
const maxMs = 3_600_000;

/**
 * What a `Retry-After` header asks for, in milliseconds from `now`: seconds or an HTTP date, an hour
 * at most. Undefined when there is none, or none that can be read.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : parseHttpDate(header) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), maxMs);
}

function describeOperation({ method, resource, taskSid, evaluates }: TaskRouterOperation): string {
  return [method, resource, taskSid, evaluates && 'by expression'].filter(Boolean).join(' ');
}

function parseBody(operation: TaskRouterOperation, { statusCode, body }: HttpResponse): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The SyntaxError quotes the body, and with it attributes: it is not handed on.
    const message = `${describeOperation(operation)}: TaskRouter answered ${statusCode} without JSON`;
    throw new Transient(message, { status: statusCode });
  }
}

/** `Date.parse` alone would read nearly anything as some date. */
function parseHttpDate(text: string): number {
  return text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
}
