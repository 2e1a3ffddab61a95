import * as z from 'zod';
import { jsonText } from '../json.ts';
import { reservationStatuses, taskStatuses } from '../messages/segments.ts';
import {
  BadRequest,
  Conflict,
  DeadlineExceeded,
  InvalidResponse,
  NotFound,
  type TaskRouterError,
  Transient,
  Unauthorized,
} from './errors.ts';
import type { HttpResponse } from './http.ts';

const sid = z.string().min(1);

/** If the status is missing or unknown, it is undefined. */
const assignmentStatus = z.enum(taskStatuses).optional().catch(undefined);

/** A Task in the form that the SDK returns, with the headers. */
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

/** Tasks of a list. They have no ETags. By TaskRouter's OpenAPI description, they may have no attributes. */
export const TaskList = z.array(
  z
    .object({ sid, attributes: z.string().nullish(), assignmentStatus })
    .transform(({ assignmentStatus: status, ...task }) => ({ ...task, status })),
);

/** One page of Tasks. Its content does not matter. */
export const TaskPage = z.object({ instances: z.array(z.unknown()) });

const reservationStatus = z.enum(reservationStatuses);

/** An unknown status counts as `pending`: there is no segment to link to, or not yet. */
export const ReservationList = z.array(
  z
    .object({ sid, reservationStatus: z.string().pipe(reservationStatus.catch('pending')) })
    .transform(({ sid, reservationStatus: status }) => ({ sid, status })),
);

const pageMeta = z.object({ next_page_url: z.string().nullish() });

/** The JSON of each page of a list. Without this schema, the SDK accepts any JSON with one list as a page. */
const pageBodies = {
  Tasks: z.object({ tasks: z.array(z.unknown()), meta: pageMeta }),
  Reservations: z.object({ reservations: z.array(z.unknown()), meta: pageMeta }),
};

/** A request to TaskRouter, without attributes, expressions or credentials. */
export interface TaskRouterOperation {
  method: 'GET' | 'POST';
  resource: 'Task' | 'Reservations' | 'Tasks';
  /** The SID, if the request is about one Task. */
  taskSid?: string;
  /** Whether the request has an expression to evaluate. */
  evaluates?: boolean;
}

/**
 * The JSON of a response, or the error that it means.
 *
 * | response                         | error           | because                                         |
 * | -------------------------------- | --------------- | ----------------------------------------------- |
 * | 2xx with JSON                    | none            |                                                 |
 * | 412                              | Conflict        | the Task has changed since it was read          |
 * | 404 for a Task                   | NotFound        | Twilio deletes finished Tasks                   |
 * | 404 for all Tasks                | Unauthorized    | this account has no such Workspace              |
 * | 401, 403                         | Unauthorized    | Twilio rejected our credentials                 |
 * | 408, 429, 5xx                    | Transient       | it passes; `Retry-After` says when              |
 * | any other 4xx                    | BadRequest      | Twilio would reject the same request again      |
 * | 404 without Twilio's JSON        | InvalidResponse | it is a proxy's: the Task need not be gone      |
 * | 3xx; 2xx, not as documented      | InvalidResponse | the response is not from TaskRouter             |
 * | none: timeout, broken connection | Transient       | see `noResponse`                                |
 *
 * Twilio's own message is left out: it may repeat what we sent.
 * Source: https://www.twilio.com/docs/usage/twilios-response
 * @param now milliseconds since 1970, to read a `Retry-After` that is a date
 * @throws TaskRouterError
 */
export function readResponse(
  operation: TaskRouterOperation,
  response: HttpResponse,
  now: number,
): unknown {
  const { statusCode: status, headers, body } = response;
  if (status >= 200 && status < 300) return parseBody(operation, response);

  const error = ErrorBody.safeParse(body).data;
  const code = error?.code;
  const helpLink = code === undefined ? '' : `, see https://www.twilio.com/docs/api/errors/${code}`;
  const message = `${describeOperation(operation)}: TaskRouter responded ${status}${helpLink}`;
  if (status === 412) throw new Conflict(message, { status });
  if (status === 404 && error === undefined) {
    throw new InvalidResponse(`${message} without an error of its own`, { status });
  }
  if (status === 404 && operation.taskSid !== undefined) throw new NotFound(message, { status });
  if (status === 401 || status === 403 || status === 404)
    throw new Unauthorized(message, { status });
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    throw new BadRequest(message, { status });
  }
  if (status < 400) throw new InvalidResponse(message, { status });
  const wait = retryAfterMs(headers['retry-after'], now);
  throw new Transient(message, { status, retryAfterMs: wait });
}

/**
 * The error for a request without a complete response. Node's error is not its cause, because an error about a URL
 * quotes the query.
 */
export function noResponse(
  operation: TaskRouterOperation,
  error: Error & { code?: string },
): TaskRouterError {
  return new Transient(
    `${describeOperation(operation)}: no response (${error.code ?? error.message})`,
  );
}

/** The error for a request that the deadline stopped. */
export function deadlineExceeded(operation: TaskRouterOperation): DeadlineExceeded {
  return new DeadlineExceeded(`${describeOperation(operation)}: stopped at the deadline`);
}

/**
 * The error for a successful response that TaskRouter does not document.
 * @param problem a text without values of the response, e.g. `response without usable headers.etag`
 */
export function invalidResponse(operation: TaskRouterOperation, problem: string): InvalidResponse {
  return new InvalidResponse(`${describeOperation(operation)}: ${problem}`, { status: 200 });
}

/** As `invalidResponse`, for a response that does not match a schema. */
export function unusableResponse(
  operation: TaskRouterOperation,
  error: z.ZodError | undefined,
): InvalidResponse {
  const missing = error?.issues[0]?.path.join('.') || 'content';
  return invalidResponse(operation, `response without usable ${missing}`);
}

/** Twilio's error. Its code may be missing. */
const ErrorBody = jsonText(
  z.union([
    z.object({ code: z.int() }),
    z.object({ code: z.undefined(), status: z.int(), message: z.string() }),
  ]),
);

/** The longest wait that we accept from Twilio: the longest wait of our own retry table. */
const maxMs = 3_600_000;

/**
 * The wait in a `Retry-After` header, in milliseconds from `now`. The header has seconds or an HTTP date. At most
 * an hour. Undefined if there is no valid header.
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
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // The SyntaxError quotes the body and so the attributes. It must not be the cause.
    const message = `${describeOperation(operation)}: TaskRouter responded ${statusCode} without JSON`;
    throw new InvalidResponse(message, { status: statusCode });
  }
  if (operation.resource !== 'Task') {
    const { error } = pageBodies[operation.resource].safeParse(json);
    if (error !== undefined) throw unusableResponse(operation, error);
  }
  return json;
}

/** `Date.parse` alone would accept nearly any text. */
function parseHttpDate(text: string): number {
  return text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
}

/** A page of a list in the form that the SDK returns. */
interface ListPage<Item> {
  instances: readonly Item[];
  nextPageUrl?: string | undefined;
  nextPage(): Promise<ListPage<Item>> | undefined;
}

/**
 * The most pages of a list. Each has a thousand items, so this is more than the Tasks that a Workspace has at once.
 */
const maxPages = 50;

/** TaskRouter of any region. Source: https://www.twilio.com/docs/global-infrastructure/understanding-twilio-regions */
const twilioHost = /^taskrouter(\.[a-z0-9-]+)*\.twilio\.com$/;

/**
 * The items of all pages. Each page contains the URL of the next page. Pages have no numbers.
 * @param listUrl the URL of the list in our request. The URL of each page must have its path, and its host or Twilio's
 * @throws InvalidResponse if a page is repeated, belongs to another list, or exceeds the limit. Then the pages before it
 * prove nothing either
 */
export async function allPages<Item>(
  operation: TaskRouterOperation,
  listUrl: URL,
  first: Promise<ListPage<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  const seen = new Set<string>();
  let page: ListPage<Item> | undefined = await first;
  while (page !== undefined) {
    items.push(...page.instances);
    const { nextPageUrl } = page;
    if (nextPageUrl !== undefined) {
      if (seen.has(nextPageUrl)) throw badNextPage(operation, 'repeats a page');
      if (!isOfList(nextPageUrl, listUrl)) throw badNextPage(operation, 'is not of this list');
      if (seen.size + 1 >= maxPages)
        throw badNextPage(operation, `goes on after ${maxPages} pages`);
      seen.add(nextPageUrl);
    }
    page = await page.nextPage();
  }
  return items;
}

function badNextPage(operation: TaskRouterOperation, problem: string): InvalidResponse {
  return invalidResponse(operation, `response with a next_page_url that ${problem}`);
}

function isOfList(pageUrl: string, listUrl: URL): boolean {
  const url = URL.parse(pageUrl, listUrl.href);
  return (
    url?.pathname === listUrl.pathname && (url.host === listUrl.host || twilioHost.test(url.host))
  );
}
