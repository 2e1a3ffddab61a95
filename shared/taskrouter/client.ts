import pThrottle from 'p-throttle';
import type { TaskListInstance } from 'twilio/lib/rest/taskrouter/v1/workspace/task.js';
import * as z from 'zod';
import { allPages } from './all-pages.ts';
import { ReservationList, TaskList, TaskPage, TaskResponse } from './answers.ts';
import { NotFound, TaskRouterError } from './failures.ts';
import { createHttpClient } from './http-client.ts';
import {
  noResponse,
  readResponse,
  type TaskRouterOperation,
  unexpectedResponse,
} from './read-answer.ts';
import type { CallCounter, ListedTask, TaskRouter } from './task-router.ts';
import { type SdkRequestHandler, twilioTasks } from './twilio-tasks.ts';

export interface TaskRouterClientOptions {
  /** An API key of the account. The account itself is named in no request to TaskRouter. */
  readonly credentials: {
    readonly accountSid: string;
    readonly apiKey: string;
    readonly apiSecret: string;
  };
  readonly workspaceSid: string;
  /** Whose scheme, host and port are asked, e.g. `https://taskrouter.twilio.com`. */
  readonly url: string;
  /** The pace of `evaluate`, page by page, kept by even spacing; may be a fraction. */
  readonly evaluationsPerSecond: number;
  readonly connectTimeoutMs?: number;
  readonly totalTimeoutMs?: number;
}

const pageSize = 1000;

/**
 * All but `canceled`: a Task can be cancelled only before anybody accepts it, so such a Task has no
 * segment to link to. Source: https://www.twilio.com/docs/taskrouter/lifecycle-task-state
 */
const assignmentStatus = ['pending', 'reserved', 'assigned', 'wrapping', 'completed'];

/**
 * TaskRouter over HTTP, for one Workspace. Nothing is tried twice here but what went into a kept
 * connection that was closed meanwhile (`http-client.ts`). Connections are kept open and `evaluationsPerSecond` is kept for as long as the client lives: make one and share it.
 */
export const createTaskRouterClient = (options: TaskRouterClientOptions): TaskRouter => {
  const { credentials, url, connectTimeoutMs = 2_000, totalTimeoutMs = 10_000 } = options;
  const { apiKey: username, apiSecret: password } = credentials;
  const send = createHttpClient({ url, username, password, connectTimeoutMs, totalTimeoutMs });

  const interval = 1000 / options.evaluationsPerSecond;
  const throttleEvaluation = pThrottle({ limit: 1, interval, strict: true })(async () => {});

  /** Whether anything was found in the Workspace yet. */
  let isWorkspaceConfirmed = false;

  /** Asks through the SDK and takes from its answer what `schema` describes. */
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
   * As `askOnce`; but where the very first answer is that a Task is gone, a page of the list tells whether
   * the Workspace is there at all. Under a wrong SID every Task would seem to be gone, for good.
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
   * Lists Tasks. TaskRouter's description allows a list to leave attributes out: those Tasks are
   * fetched one by one, less what is gone by then.
   */
  const list = async (
    filter: { readonly evaluateTaskAttributes?: string },
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
};
