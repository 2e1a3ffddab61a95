import pThrottle from 'p-throttle';
import type { Client } from 'twilio/lib/base/BaseTwilio.js';
import Domain from 'twilio/lib/base/Domain.js';
import Version from 'twilio/lib/base/Version.js';
import type V1 from 'twilio/lib/rest/taskrouter/V1.js';
import { TaskListInstance } from 'twilio/lib/rest/taskrouter/v1/workspace/task.js';
import * as z from 'zod';
import { NotFound, TaskRouterError } from './errors.ts';
import { createHttpClient, type HttpRequest, type HttpResponse } from './http.ts';
import {
  noResponse,
  ReservationList,
  readResponse,
  TaskList,
  TaskPage,
  TaskResponse,
  type TaskRouterOperation,
  unexpectedResponse,
} from './responses.ts';
import type { CallCounter, ListedTask, TaskRouter } from './task-router.ts';

export interface TaskRouterClientOptions {
  /** An API key of the account. No request to TaskRouter contains the account SID. */
  credentials: {
    accountSid: string;
    apiKey: string;
    apiSecret: string;
  };
  workspaceSid: string;
  /** Requests go to its scheme, host and port, e.g. `https://taskrouter.twilio.com`. */
  url: string;
  /** The rate of `evaluate`, page by page, kept by even spacing; may be a fraction. */
  evaluationsPerSecond: number;
  connectTimeoutMs?: number;
  totalTimeoutMs?: number;
}

const pageSize = 1000;

/**
 * All but `canceled`: a Task can be cancelled only before anybody accepts it, so such a Task has no
 * segment to link to. Source: https://www.twilio.com/docs/taskrouter/lifecycle-task-state
 */
const assignmentStatus = ['pending', 'reserved', 'assigned', 'wrapping', 'completed'];

/**
 * TaskRouter over HTTP, for one Workspace. It retries nothing but a request on a connection that the server had
 * closed (`http.ts`). Connections and the rate of evaluations belong to the client: make one and share it.
 */
export function createTaskRouterClient(options: TaskRouterClientOptions): TaskRouter {
  const { credentials, url, connectTimeoutMs = 2_000, totalTimeoutMs = 10_000 } = options;
  const { apiKey: username, apiSecret: password } = credentials;
  const send = createHttpClient({ url, username, password, connectTimeoutMs, totalTimeoutMs });

  const interval = 1000 / options.evaluationsPerSecond;
  const throttleEvaluation = pThrottle({ limit: 1, interval, strict: true })(async () => {});

  /** Whether any request to the Workspace has succeeded yet. */
  let isWorkspaceConfirmed = false;

  /** Makes a request through the SDK and parses its result by the schema. */
  const requestOnce = async <Schema extends z.ZodType>(
    operation: TaskRouterOperation,
    counter: CallCounter | undefined,
    schema: Schema,
    call: (tasks: TaskListInstance) => Promise<unknown>,
  ): Promise<z.output<Schema>> => {
    const handleRequest: SdkRequestHandler = async (httpRequest) => {
      if (operation.evaluates) await throttleEvaluation();
      if (counter !== undefined) counter.calls += 1;
      const response = await send(httpRequest).catch((error) => {
        throw noResponse(operation, error);
      });
      const body = readResponse(operation, response, Date.now());
      return { statusCode: 200, headers: response.headers, body };
    };
    try {
      const response = schema.parse(await call(twilioTasks(handleRequest, options.workspaceSid)));
      isWorkspaceConfirmed = true;
      return response;
    } catch (error) {
      if (error instanceof TaskRouterError) throw error;
      const missing = error instanceof z.ZodError ? error.issues[0]?.path.join('.') : undefined;
      throw unexpectedResponse(operation, missing);
    }
  };

  /**
   * As `requestOnce`; but if the very first response is that a Task is not found, a page of the list shows
   * whether the Workspace exists. With a wrong Workspace SID every Task would seem to be deleted.
   */
  const request: typeof requestOnce = async (operation, counter, schema, call) => {
    try {
      return await requestOnce(operation, counter, schema, call);
    } catch (failure) {
      if (failure instanceof NotFound && !isWorkspaceConfirmed) {
        const list = { method: 'GET', resource: 'Tasks' } as const;
        await requestOnce(list, counter, TaskPage, (tasks) => tasks.page({ pageSize: 1 }));
      }
      throw failure;
    }
  };

  const fetchTask: TaskRouter['fetchTask'] = (taskSid, counter) =>
    request({ method: 'GET', resource: 'Task', taskSid }, counter, TaskResponse, (tasks) =>
      tasks(taskSid).fetchWithHttpInfo(),
    );

  /**
   * Lists Tasks. By TaskRouter's OpenAPI description a list may omit attributes: those Tasks are fetched one by
   * one, without those that no longer exist.
   */
  const list = async (
    filter: { evaluateTaskAttributes?: string },
    counter: CallCounter | undefined,
  ): Promise<ListedTask[]> => {
    const evaluates = filter.evaluateTaskAttributes !== undefined;
    const listed = await request(
      { method: 'GET', resource: 'Tasks', evaluates },
      counter,
      TaskList,
      (tasks) => allPages(tasks.page({ ...filter, assignmentStatus, pageSize })),
    );
    const complete: ListedTask[] = [];
    for (const { sid, attributes, status } of listed) {
      try {
        complete.push(
          attributes == null ? await fetchTask(sid, counter) : { sid, attributes, status },
        );
      } catch (failure) {
        if (!(failure instanceof NotFound)) throw failure;
      }
    }
    return complete;
  };

  return {
    fetchTask,

    updateAttributes: (taskSid, attributes, etag, counter) =>
      request({ method: 'POST', resource: 'Task', taskSid }, counter, TaskResponse, (tasks) =>
        tasks(taskSid).updateWithHttpInfo({ attributes, ifMatch: etag }),
      ),

    listReservations: (taskSid, counter) =>
      request(
        { method: 'GET', resource: 'Reservations', taskSid },
        counter,
        ReservationList,
        (tasks) => allPages(tasks(taskSid).reservations.page({ pageSize })),
      ),

    evaluate: (expression, counter) => list({ evaluateTaskAttributes: expression }, counter),

    listTasks: (counter) => list({}, counter),
  };
}

/** Makes a request of the SDK; the body of its response is parsed JSON. */
type SdkRequestHandler = (
  request: HttpRequest,
) => Promise<Omit<HttpResponse, 'body'> & { body: unknown }>;

/** A page of a list as the SDK returns it. */
interface ListPage<Item> {
  instances: readonly Item[];
  nextPage(): Promise<ListPage<Item>> | undefined;
}

/**
 * The Tasks of a Workspace as the twilio SDK has them, with requests by `handleRequest`.
 *
 * This is the Task resource alone, a fifth of the SDK's TaskRouter domain; the whole SDK would be ten times the
 * function, and its own client brings axios and loses the headers of an error. The SDK's types ask for the
 * whole client and the whole domain, but its code uses `request` alone.
 */
function twilioTasks(handleRequest: SdkRequestHandler, workspaceSid: string): TaskListInstance {
  const client = { request: handleRequest } as Pick<Client, never> as Client;
  const domain = new Domain.default(client, 'https://taskrouter.twilio.com');
  return TaskListInstance(new Version.default(domain, 'v1') as V1.default, workspaceSid);
}

/** The items of every page. Each page has the URL of the next; pages have no numbers. */
async function allPages<Item>(first: Promise<ListPage<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let page: ListPage<Item> | undefined = await first;
  while (page !== undefined) {
    items.push(...page.instances);
    page = await page.nextPage();
  }
  return items;
}
