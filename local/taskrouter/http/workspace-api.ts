import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { notFound } from '../errors.ts';
import type { EmulatorState } from '../state.ts';
import { toIsoSeconds } from '../tasks/task-json.ts';
import { activityNameOf, type StoredWorkspace } from '../tasks/types.ts';
import { authenticate, type EmulatorEnv } from './middleware.ts';
import { parseParameters, readForm, sidSchema, webhookUrlSchema } from './request.ts';

/**
 * Body of an update; an empty `EventCallbackUrl` turns the callbacks off.
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

/** The API of the one Workspace. */
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
 * A Workspace as Twilio prints it; its own URL is `url`.
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
