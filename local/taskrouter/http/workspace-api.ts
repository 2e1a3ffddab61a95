import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { reservationStatuses } from '../../../shared/messages/segments.ts';
import { notFound, preconditionFailed, tooManyRequests } from '../errors.ts';
import type { EmulatorState, Operation } from '../state.ts';
import { etagHeaders, reservationToJson, taskToJson, toIsoSeconds } from '../tasks/task-json.ts';
import {
  createTaskForm,
  parseTaskQuery,
  toTaskChange,
  toTaskFields,
  updateTaskForm,
} from '../tasks/task-parameters.ts';
import {
  activityNameOf,
  type StoredReservation,
  type StoredTask,
  type StoredWorkspace,
} from '../tasks/types.ts';
import { authenticate, type EmulatorEnv, taskMiddleware } from './middleware.ts';
import { pageMeta, paginate, parsePageQuery } from './paging.ts';
import {
  matchesVersion,
  parseParameters,
  readForm,
  sidSchema,
  webhookUrlSchema,
} from './request.ts';

/**
 * Body of an update. An empty `EventCallbackUrl` turns event callbacks off.
 * Source: https://www.twilio.com/docs/taskrouter/api/workspace#update-a-workspace-resource
 */
export const WorkspaceForm = z.object({
  DefaultActivitySid: sidSchema('WA').optional(),
  EventCallbackUrl: z.literal('').or(webhookUrlSchema).optional(),
  EventsFilter: z.string().optional(),
  FriendlyName: z.string().optional(),
  MultiTaskEnabled: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .optional(),
  TimeoutActivitySid: sidSchema('WA').optional(),
  PrioritizeQueueOrder: z.enum(['FIFO', 'LIFO'], 'must be FIFO or LIFO').optional(),
});

const workspacePath = '/v1/Workspaces/:Sid';

/** The API of the one Workspace that the emulator has. */
export function workspaceApi(state: EmulatorState): Hono<EmulatorEnv> {
  const find = (c: Context<EmulatorEnv, typeof workspacePath>): StoredWorkspace => {
    if (c.req.param('Sid') !== state.storedWorkspace.sid) throw notFound(c.req.path);
    return state.storedWorkspace;
  };

  return new Hono<EmulatorEnv>()
    .get(workspacePath, authenticate(state), (c) =>
      c.json(workspaceToJson(find(c), state.workspace.url)),
    )
    .post(workspacePath, authenticate(state), async (c) => {
      const workspace = find(c);
      applyWorkspaceForm(workspace, parseParameters(WorkspaceForm, await readForm(c)));
      workspace.updatedAt = state.now();
      return c.json(workspaceToJson(workspace, state.workspace.url));
    });
}

function applyWorkspaceForm(workspace: StoredWorkspace, form: z.infer<typeof WorkspaceForm>): void {
  workspace.defaultActivitySid = form.DefaultActivitySid ?? workspace.defaultActivitySid;
  workspace.eventCallbackUrl = form.EventCallbackUrl ?? workspace.eventCallbackUrl;
  workspace.eventsFilter = form.EventsFilter ?? workspace.eventsFilter;
  workspace.friendlyName = form.FriendlyName ?? workspace.friendlyName;
  workspace.multiTaskEnabled = form.MultiTaskEnabled ?? workspace.multiTaskEnabled;
  workspace.timeoutActivitySid = form.TimeoutActivitySid ?? workspace.timeoutActivitySid;
  workspace.prioritizeQueueOrder = form.PrioritizeQueueOrder ?? workspace.prioritizeQueueOrder;
}

/**
 * A Workspace as Twilio returns it. `url` is the URL of the Workspace.
 * Source: https://www.twilio.com/docs/taskrouter/api/workspace
 */
function workspaceToJson(workspace: StoredWorkspace, url: string) {
  return {
    account_sid: workspace.accountSid,
    date_created: toIsoSeconds(workspace.createdAt),
    date_updated: toIsoSeconds(workspace.updatedAt),
    default_activity_name: activityNameOf(workspace.defaultActivitySid),
    default_activity_sid: workspace.defaultActivitySid,
    event_callback_url: workspace.eventCallbackUrl,
    events_filter: workspace.eventsFilter,
    friendly_name: workspace.friendlyName,
    multi_task_enabled: workspace.multiTaskEnabled,
    prioritize_queue_order: workspace.prioritizeQueueOrder,
    sid: workspace.sid,
    timeout_activity_name: activityNameOf(workspace.timeoutActivitySid),
    timeout_activity_sid: workspace.timeoutActivitySid,
    url,
    links: {
      activities: `${url}/Activities`,
      statistics: `${url}/Statistics`,
      real_time_statistics: `${url}/RealTimeStatistics`,
      cumulative_statistics: `${url}/CumulativeStatistics`,
      task_queues: `${url}/TaskQueues`,
      tasks: `${url}/Tasks`,
      workers: `${url}/Workers`,
      workflows: `${url}/Workflows`,
      task_channels: `${url}/TaskChannels`,
      events: `${url}/Events`,
    },
  };
}

const tasksPath = '/v1/Workspaces/:WorkspaceSid/Tasks';

const taskPath = '/v1/Workspaces/:WorkspaceSid/Tasks/:Sid';

/** The API of a Workspace's Tasks. */
export function tasksApi(state: EmulatorState): Hono<EmulatorEnv> {
  const { store, now, options } = state;
  const print = (task: StoredTask) => taskToJson(task, state.workspace, now());
  const find = (c: Context<EmulatorEnv, typeof taskPath>): StoredTask => {
    const task = store.find(c.req.param('Sid'));
    if (task === undefined) throw notFound(c.req.path);
    return task;
  };
  const findForWrite = (c: Context<EmulatorEnv, typeof taskPath>): StoredTask => {
    const task = find(c);
    if (!matchesVersion(c.req.header('If-Match'), task.version)) throw preconditionFailed();
    return task;
  };

  return new Hono<EmulatorEnv>()
    .post(
      tasksPath,
      taskMiddleware(state, () => 'createTask'),
      async (c) => {
        const task = store.create(
          toTaskFields(parseParameters(createTaskForm(now), await readForm(c))),
        );
        return c.json(print(task), 201, etagHeaders(task));
      },
    )
    .get(tasksPath, taskMiddleware(state, listOperation), (c) => {
      if (listOperation(c) === 'evaluate' && !state.allowEvaluation()) throw tooManyRequests();
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const { matches, sortKeyOf } = parseTaskQuery(searchParams, state.settings.contains);
      const page = paginate(store.list().filter(matches), sortKeyOf, query);
      const meta = pageMeta('tasks', `${state.workspace.url}/Tasks`, searchParams, query, page);
      return c.json({ tasks: page.items.map(print), meta });
    })
    .get(
      taskPath,
      taskMiddleware(state, () => 'fetchTask'),
      (c) => {
        const task = find(c);
        return c.json(print(task), 200, etagHeaders(task));
      },
    )
    .post(
      taskPath,
      taskMiddleware(state, () => 'updateTask'),
      async (c) => {
        const form = await readForm(c);
        const task = findForWrite(c);
        store.update(task, toTaskChange(parseParameters(updateTaskForm(now), form)));
        const answer = c.json(print(task), 200, etagHeaders(task));
        await options.onUpdate?.(task.sid);
        return answer;
      },
    )
    .delete(
      taskPath,
      taskMiddleware(state, () => 'deleteTask'),
      (c) => {
        store.remove(findForWrite(c));
        return c.body(null, 204);
      },
    );
}

const ReservationStatusParameter = z.enum(
  reservationStatuses,
  `must be one of ${reservationStatuses.join(', ')}`,
);

/**
 * Parameters of a list of reservations, except those of paging.
 * Source: https://www.twilio.com/docs/taskrouter/api/reservations
 */
export const ReservationQuery = z.object({
  ReservationStatus: ReservationStatusParameter.optional(),
  WorkerSid: sidSchema('WK').optional(),
});

/** Body of an update. It sets the status only: the emulator places no calls, so it supports no instructions. */
export const ReservationForm = z.object({ ReservationStatus: ReservationStatusParameter });

const reservationsPath = '/v1/Workspaces/:WorkspaceSid/Tasks/:TaskSid/Reservations';

const reservationPath = '/v1/Workspaces/:WorkspaceSid/Tasks/:TaskSid/Reservations/:Sid';

/** The API of a Task's reservations. */
export function reservationsApi(state: EmulatorState): Hono<EmulatorEnv> {
  const { store } = state;
  const print = (reservation: StoredReservation, task: StoredTask) =>
    reservationToJson(reservation, task, state.workspace);
  const findTask = (c: Context<EmulatorEnv, typeof reservationsPath>): StoredTask => {
    const task = store.find(c.req.param('TaskSid'));
    if (task === undefined) throw notFound(c.req.path);
    return task;
  };
  const find = (c: Context<EmulatorEnv, typeof reservationPath>) => {
    const task = findTask(c);
    const reservation = task.reservations.find(({ sid }) => sid === c.req.param('Sid'));
    if (reservation === undefined) throw notFound(c.req.path);
    return { task, reservation };
  };

  return new Hono<EmulatorEnv>()
    .get(
      reservationsPath,
      taskMiddleware(state, () => 'listReservations'),
      (c) => {
        const task = findTask(c);
        const { searchParams } = new URL(c.req.url);
        const query = parsePageQuery(searchParams);
        const { ReservationStatus, WorkerSid } = parseParameters(ReservationQuery, searchParams);
        const matching = task.reservations.filter(
          ({ status, workerSid }) =>
            (ReservationStatus ?? status) === status && (WorkerSid ?? workerSid) === workerSid,
        );
        const page = paginate(matching, ({ number }) => [number], query);
        const url = `${state.workspace.url}/Tasks/${task.sid}/Reservations`;
        return c.json({
          reservations: page.items.map((reservation) => print(reservation, task)),
          meta: pageMeta('reservations', url, searchParams, query, page),
        });
      },
    )
    .get(
      reservationPath,
      taskMiddleware(state, () => 'fetchReservation'),
      (c) => {
        const { task, reservation } = find(c);
        return c.json(print(reservation, task), 200, etagHeaders(reservation));
      },
    )
    .post(
      reservationPath,
      taskMiddleware(state, () => 'updateReservation'),
      async (c) => {
        const form = await readForm(c);
        const { task, reservation } = find(c);
        if (!matchesVersion(c.req.header('If-Match'), reservation.version))
          throw preconditionFailed();
        const { ReservationStatus } = parseParameters(ReservationForm, form);
        store.moveReservation(task, reservation, ReservationStatus);
        return c.json(print(reservation, task), 200, etagHeaders(reservation));
      },
    );
}

function listOperation(c: Context<EmulatorEnv>): Operation {
  return c.req.query('EvaluateTaskAttributes') === undefined ? 'listTasks' : 'evaluate';
}
