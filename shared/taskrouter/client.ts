import pThrottle from 'p-throttle';
import type { Client } from 'twilio/lib/base/BaseTwilio.js';
import Domain from 'twilio/lib/base/Domain.js';
import Version from 'twilio/lib/base/Version.js';
import type V1 from 'twilio/lib/rest/taskrouter/V1.js';
import { TaskListInstance } from 'twilio/lib/rest/taskrouter/v1/workspace/task.js';
import * as z from 'zod';
import { jsonText } from '../json.ts';
import { taskStatuses } from '../messages/segments.ts';
import { BadRequest, NotFound, TaskRouterError } from './errors.ts';
import { createHttpClient, type HttpRequest, type HttpResponse } from './http.ts';
import {
  allPages,
  deadlineExceeded,
  invalidResponse,
  noResponse,
  ReservationList,
  readResponse,
  TaskList,
  TaskPage,
  TaskResponse,
  type TaskRouterOperation,
  unusableResponse,
} from './responses.ts';
import type { CallCounter, ListedTask, Task, TaskRouter } from './task-router.ts';

export interface TaskRouterClientOptions {
  /** An API key of the account. No request to TaskRouter contains the account SID. */
  credentials: {
    accountSid: string;
    apiKey: string;
    apiSecret: string;
  };
  workspaceSid: string;
  /** Requests go to the scheme, host and port of this URL, e.g. `https://taskrouter.twilio.com`. */
  url: string;
  /** The rate of `evaluate` requests. Each page counts. Requests are evenly spaced. It may be a fraction. */
  evaluationsPerSecond: number;
  connectTimeoutMs?: number;
  totalTimeoutMs?: number;
}

const pageSize = 1000;

/** This is true for every Task, if `CONTAINS` finds part of a string. */
const containsProbe = '"part of a string" CONTAINS "of a"';

/**
 * All statuses, `canceled` too: nobody accepted such a Task, but Insights has segments of it. Twilio does not say
 * which Tasks a list contains without this parameter.
 * Source: https://www.twilio.com/docs/taskrouter/api/task#read-multiple-task-resources
 */
const assignmentStatus = [...taskStatuses];

/**
 * TaskRouter over HTTP, for one Workspace. It retries only requests on a connection that the server had closed
 * (`http.ts`). The client owns its connections and the rate of evaluations, so create one and share it.
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
    const signal = counter?.signal;
    // A running write is not aborted, because nobody would know whether it took effect.
    const readSignal = operation.method === 'GET' ? signal : undefined;
    const handleRequest: SdkRequestHandler = async (httpRequest) => {
      if (operation.evaluates) await throttleEvaluation();
      if (signal?.aborted) throw deadlineExceeded(operation);
      count(counter, operation);
      const response = await send({ ...httpRequest, signal: readSignal }).catch((error) => {
        throw readSignal?.aborted ? deadlineExceeded(operation) : noResponse(operation, error);
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
      throw unusableResponse(operation, error instanceof z.ZodError ? error : undefined);
    }
  };

  /**
   * Makes a request as `requestOnce` does. If the very first response says that a Task is not found, a page of the
   * list shows whether the Workspace exists. With a wrong Workspace SID, every Task would seem to be deleted.
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

  const listUrl = (path: string): URL =>
    new URL(`/v1/Workspaces/${options.workspaceSid}/${path}`, url);

  /** A request about one Task, whose response must be that Task. */
  const requestTask = async (
    method: 'GET' | 'POST',
    taskSid: string,
    counter: CallCounter | undefined,
    call: (task: ReturnType<TaskListInstance>) => Promise<unknown>,
  ): Promise<Task> => {
    const operation = { method, resource: 'Task', taskSid } as const;
    const task = await request(operation, counter, TaskResponse, (tasks) => call(tasks(taskSid)));
    if (task.sid === taskSid) return task;
    throw invalidResponse(operation, 'response without usable body.sid');
  };

  const fetchTask: TaskRouter['fetchTask'] = (taskSid, counter) =>
    requestTask('GET', taskSid, counter, (task) => task.fetchWithHttpInfo());

  /**
   * Lists Tasks. By TaskRouter's OpenAPI description, a list may omit attributes. Such Tasks are fetched one by
   * one, and those that no longer exist are left out.
   */
  const list = async (
    filter: { evaluateTaskAttributes?: string },
    counter: CallCounter | undefined,
  ): Promise<ListedTask[]> => {
    const evaluates = filter.evaluateTaskAttributes !== undefined;
    const operation = { method: 'GET', resource: 'Tasks', evaluates } as const;
    const listed = await request(operation, counter, TaskList, (tasks) => {
      const first = tasks.page({ ...filter, assignmentStatus, pageSize });
      return allPages(operation, listUrl('Tasks'), first);
    });
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
      requestTask('POST', taskSid, counter, (task) =>
        task.updateWithHttpInfo({ attributes, ifMatch: etag }),
      ),

    listReservations: (taskSid, counter) => {
      const operation = { method: 'GET', resource: 'Reservations', taskSid } as const;
      return request(operation, counter, ReservationList, (tasks) => {
        const first = tasks(taskSid).reservations.page({ pageSize });
        return allPages(operation, listUrl(`Tasks/${taskSid}/Reservations`), first);
      });
    },

    evaluate: (expression, counter) => list({ evaluateTaskAttributes: expression }, counter),

    containsFindsParts: async (counter) => {
      const operation = { method: 'GET', resource: 'Tasks', evaluates: true } as const;
      const filter = { evaluateTaskAttributes: containsProbe, assignmentStatus, pageSize: 1 };
      try {
        const { instances } = await request(operation, counter, TaskPage, (tasks) =>
          tasks.page(filter),
        );
        return instances.length > 0;
      } catch (error) {
        if (error instanceof BadRequest) return false;
        throw error;
      }
    },

    listTasks: (counter) => list({}, counter),
  };
}

function count(counter: CallCounter | undefined, { evaluates }: TaskRouterOperation): void {
  if (counter === undefined) return;
  counter.calls += 1;
  if (evaluates) counter.evaluations = (counter.evaluations ?? 0) + 1;
}

/** Makes a request for the SDK. The body of its response is parsed JSON. */
type SdkRequestHandler = (
  request: HttpRequest,
) => Promise<Omit<HttpResponse, 'body'> & { body: unknown }>;

/**
 * The Tasks of a Workspace in the twilio SDK, with requests by `handleRequest`.
 *
 * Only the Task resource is used, a fifth of the SDK's TaskRouter domain. The whole SDK would be ten times as large
 * as the function. Its own client needs axios, and loses the headers of an error. The SDK's types require the whole
 * client and the whole domain, but its code uses only `request`.
 */
function twilioTasks(handleRequest: SdkRequestHandler, workspaceSid: string): TaskListInstance {
  const client = { request: handleRequest } as Pick<Client, never> as Client;
  const domain = new Domain.default(client, 'https://taskrouter.twilio.com');
  return TaskListInstance(new Version.default(domain, 'v1') as V1.default, workspaceSid);
}

/** The Twilio secret: an API key of the account that owns the Workspace. */
const TwilioCredentials = z.strictObject({
  accountSid: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  apiKey: z.string().regex(/^SK[0-9a-fA-F]{32}$/),
  apiSecret: z.string().min(1),
});

type TwilioCredentials = z.infer<typeof TwilioCredentials>;

/**
 * Parses the text of a secret.
 * @throws Error that says which fields are wrong, without their values
 */
export function parseTwilioCredentials(secretName: string, text: string): TwilioCredentials {
  const parsed = jsonText(TwilioCredentials).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Error(
    `Secret ${secretName} must hold {"accountSid","apiKey","apiSecret"} as JSON:\n${z.prettifyError(parsed.error)}`,
  );
}
