import pThrottle from 'p-throttle';
import type { TaskListInstance } from 'twilio/lib/rest/taskrouter/v1/workspace/task.js';
import * as z from 'zod';
import { allPages } from './all-pages.ts';
import { ReservationList, TaskAnswer, TaskList, TaskPage } from './answers.ts';
import { Gone, TaskRouterFailure } from './failures.ts';
import { createHttpClient } from './http-client.ts';
import { type Asked, misfit, readAnswer, unanswered } from './read-answer.ts';
import type { ListedTask, Tally, TaskRouter } from './task-router.ts';
import { type Answering, twilioTasks } from './twilio-tasks.ts';

export interface TaskRouterOptions {
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
export const createTaskRouter = (options: TaskRouterOptions): TaskRouter => {
  const { credentials, url, connectTimeoutMs = 2_000, totalTimeoutMs = 10_000 } = options;
  const { apiKey: username, apiSecret: password } = credentials;
  const send = createHttpClient({ url, username, password, connectTimeoutMs, totalTimeoutMs });

  const interval = 1000 / options.evaluationsPerSecond;
  const evaluationTurn = pThrottle({ limit: 1, interval, strict: true })(async () => {});

  /** Whether anything was found in the Workspace yet. */
  let isWorkspaceSeen = false;

  /** Asks through the SDK and takes from its answer what `schema` describes. */
  const askOnce = async <Schema extends z.ZodType>(
    asked: Asked,
    tally: Tally | undefined,
    schema: Schema,
    call: (tasks: TaskListInstance) => Promise<unknown>,
  ): Promise<z.output<Schema>> => {
    const request: Answering = async (httpRequest) => {
      if (asked.evaluates) await evaluationTurn();
      if (tally !== undefined) tally.calls += 1;
      const answer = await send(httpRequest).catch((error) => {
        throw unanswered(asked, error);
      });
      const body = readAnswer(asked, answer, Date.now());
      return { statusCode: 200, headers: answer.headers, body };
    };
    try {
      const answer = schema.parse(await call(twilioTasks(request, options.workspaceSid)));
      isWorkspaceSeen = true;
      return answer;
    } catch (error) {
      if (error instanceof TaskRouterFailure) throw error;
      const lacking = error instanceof z.ZodError ? error.issues[0]?.path.join('.') : undefined;
      throw misfit(asked, lacking);
    }
  };

  /**
   * As `askOnce`; but where the very first answer is that a Task is gone, a page of the list tells whether
   * the Workspace is there at all. Under a wrong SID every Task would seem to be gone, for good.
   */
  const ask: typeof askOnce = async (asked, tally, schema, call) => {
    try {
      return await askOnce(asked, tally, schema, call);
    } catch (failure) {
      if (failure instanceof Gone && !isWorkspaceSeen) {
        const list = { method: 'GET', resource: 'Tasks' } as const;
        await askOnce(list, tally, TaskPage, (tasks) => tasks.page({ pageSize: 1 }));
      }
      throw failure;
    }
  };

  const fetchTask: TaskRouter['fetchTask'] = (taskSid, tally) =>
    ask({ method: 'GET', resource: 'Task', taskSid }, tally, TaskAnswer, (tasks) =>
      tasks(taskSid).fetchWithHttpInfo(),
    );

  /**
   * Lists Tasks. TaskRouter's description allows a list to leave attributes out: those Tasks are
   * fetched one by one, less what is gone by then.
   */
  const list = async (
    filter: { readonly evaluateTaskAttributes?: string },
    tally: Tally | undefined,
  ): Promise<ListedTask[]> => {
    const evaluates = filter.evaluateTaskAttributes !== undefined;
    const listed = await ask(
      { method: 'GET', resource: 'Tasks', evaluates },
      tally,
      TaskList,
      (tasks) => allPages(tasks.page({ ...filter, assignmentStatus, pageSize })),
    );
    const whole: ListedTask[] = [];
    for (const { sid, attributes, status } of listed) {
      try {
        whole.push(attributes == null ? await fetchTask(sid, tally) : { sid, attributes, status });
      } catch (failure) {
        if (!(failure instanceof Gone)) throw failure;
      }
    }
    return whole;
  };

  return {
    fetchTask,

    updateAttributes: (taskSid, attributes, etag, tally) =>
      ask({ method: 'POST', resource: 'Task', taskSid }, tally, TaskAnswer, (tasks) =>
        tasks(taskSid).updateWithHttpInfo({ attributes, ifMatch: etag }),
      ),

    listReservations: (taskSid, tally) =>
      ask({ method: 'GET', resource: 'Reservations', taskSid }, tally, ReservationList, (tasks) =>
        allPages(tasks(taskSid).reservations.page({ pageSize })),
      ),

    evaluate: (expression, tally) => list({ evaluateTaskAttributes: expression }, tally),

    listTasks: (tally) => list({}, tally),
  };
};
