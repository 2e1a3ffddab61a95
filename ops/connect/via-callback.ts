import { followedEvents } from '../../shared/taskrouter/followed-events.ts';
import type { CallbackStep } from './callback-step.ts';
import { planCallback, planCallbackRemoval } from './plan-callback.ts';
import type { ConnectMethod } from './via.ts';
import { redactUrl } from './without-secrets.ts';

const parseEventsFilter = (filter: string | null): string[] =>
  (filter ?? '')
    .split(',')
    .map((event) => event.trim())
    .filter((event) => event !== '');

/** The Workspace's event callback: one URL, for whoever was there last. */
export const callbackMethod: ConnectMethod<CallbackStep> = {
  plan: async ({ taskrouter }, { workspaceSid, taskEventsUrl: url }, remove) => {
    const workspace = await taskrouter.v1.workspaces(workspaceSid).fetch();
    const current = {
      url: redactUrl(workspace.eventCallbackUrl ?? ''),
      events: parseEventsFilter(workspace.eventsFilter),
    };
    return remove
      ? planCallbackRemoval(workspaceSid, current, url)
      : planCallback(workspaceSid, current, { url, events: followedEvents });
  },

  createApplier:
    ({ taskrouter }) =>
    async ({ action, workspace, to }) => {
      if (action === 'keep') return;
      const eventsFilter = to.events.join(',');
      await taskrouter.v1.workspaces(workspace).update({ eventCallbackUrl: to.url, eventsFilter });
    },
};
