import { followedEvents } from '../../shared/taskrouter/followed-events.ts';
import type { CallbackStep } from './callback-step.ts';
import { planCallback, planCallbackRemoval } from './plan-callback.ts';
import type { Via } from './via.ts';
import { withoutSecrets } from './without-secrets.ts';

const eventsOf = (filter: string | null): string[] =>
  (filter ?? '')
    .split(',')
    .map((event) => event.trim())
    .filter((event) => event !== '');

/** The Workspace's event callback: one URL, for whoever was there last. */
export const viaCallback: Via<CallbackStep> = {
  plan: async ({ taskrouter }, { workspaceSid, taskEventsUrl: url }, remove) => {
    const workspace = await taskrouter.v1.workspaces(workspaceSid).fetch();
    const found = {
      url: withoutSecrets(workspace.eventCallbackUrl ?? ''),
      events: eventsOf(workspace.eventsFilter),
    };
    return remove
      ? planCallbackRemoval(workspaceSid, found, url)
      : planCallback(workspaceSid, found, { url, events: followedEvents });
  },

  taker:
    ({ taskrouter }) =>
    async ({ action, workspace, to }) => {
      if (action === 'keep') return;
      const eventsFilter = to.events.join(',');
      await taskrouter.v1.workspaces(workspace).update({ eventCallbackUrl: to.url, eventsFilter });
    },
};
