import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { setUpDoor } from './access.ts';
import type { TwinEnv } from './door.ts';
import { parseParameters, readForm, sidText, webhookUrl } from './form.ts';
import type { TwinState } from './state.ts';
import { notFound } from './twilio-errors.ts';
import type { StoredWorkspace } from './workspace.ts';
import { printWorkspace } from './workspace-json.ts';

/**
 * Body of an update; an empty `EventCallbackUrl` turns the callbacks off.
 * Source: https://www.twilio.com/docs/taskrouter/api/workspace#update-a-workspace-resource
 */
export const WorkspaceForm = z.object({
  DefaultActivitySid: sidText('WA').optional(),
  EventCallbackUrl: z.literal('').or(webhookUrl).optional(),
  EventsFilter: z.string().optional(),
  FriendlyName: z.string().optional(),
  MultiTaskEnabled: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .optional(),
  TimeoutActivitySid: sidText('WA').optional(),
  PrioritizeQueueOrder: z.enum(['FIFO', 'LIFO'], 'must be FIFO or LIFO').optional(),
});

const change = (workspace: StoredWorkspace, form: z.infer<typeof WorkspaceForm>): void => {
  workspace.defaultActivitySid = form.DefaultActivitySid ?? workspace.defaultActivitySid;
  workspace.eventCallbackUrl = form.EventCallbackUrl ?? workspace.eventCallbackUrl;
  workspace.eventsFilter = form.EventsFilter ?? workspace.eventsFilter;
  workspace.friendlyName = form.FriendlyName ?? workspace.friendlyName;
  workspace.multiTaskEnabled = form.MultiTaskEnabled ?? workspace.multiTaskEnabled;
  workspace.timeoutActivitySid = form.TimeoutActivitySid ?? workspace.timeoutActivitySid;
  workspace.prioritizeQueueOrder = form.PrioritizeQueueOrder ?? workspace.prioritizeQueueOrder;
};

const one = '/v1/Workspaces/:Sid';

/** The one Workspace, as Twilio serves it. */
export const workspaceApi = (state: TwinState): Hono<TwinEnv> => {
  const find = (c: Context<TwinEnv, typeof one>): StoredWorkspace => {
    if (c.req.param('Sid') !== state.storedWorkspace.sid) throw notFound(c.req.path);
    return state.storedWorkspace;
  };

  return new Hono<TwinEnv>()
    .get(one, setUpDoor(state), (c) => c.json(printWorkspace(find(c), state.workspace.url)))
    .post(one, setUpDoor(state), async (c) => {
      const workspace = find(c);
      change(workspace, parseParameters(WorkspaceForm, await readForm(c)));
      workspace.updatedAt = state.now();
      return c.json(printWorkspace(workspace, state.workspace.url));
    });
};
