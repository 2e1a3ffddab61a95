import { followedEvents } from '../../shared/taskrouter/task-router.ts';
import type { CallbackStep, ConnectMethod, ConnectPlan, EventCallback } from './plan.ts';

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

/** Whether somebody else's URL stands where a Workspace has room for only one. */
export function replacesOtherUrl({ from, to }: CallbackStep): boolean {
  return from.url !== '' && to.url !== '' && from.url !== to.url;
}

/** A URL without what may let somebody in: user name and password, query and fragment. */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return text === '' ? '' : 'what is no URL';
  const { origin, pathname, username, search, hash } = new URL(text);
  const user = username === '' ? '' : 'with a user name, ';
  const rest = search + hash === '' ? '' : '?…';
  return `${user}${origin}${pathname}${rest}`;
}

function parseEventsFilter(filter: string | null): string[] {
  return (filter ?? '')
    .split(',')
    .map((event) => event.trim())
    .filter((event) => event !== '');
}

function isSameCallback(one: EventCallback, other: EventCallback): boolean {
  return (
    one.url === other.url &&
    new Set(one.events).symmetricDifference(new Set(other.events)).size === 0
  );
}

function callbackStep(workspace: string, from: EventCallback, to: EventCallback): CallbackStep {
  return {
    action: isSameCallback(from, to) ? 'keep' : 'change',
    resource: 'event-callback',
    workspace,
    from,
    to,
  };
}

/** Plans how a Workspace calls back for exactly these events. */
function planCallback(
  workspace: string,
  current: EventCallback,
  desired: EventCallback,
): ConnectPlan<CallbackStep> {
  const planned = callbackStep(workspace, current, desired);
  return {
    steps: [planned],
    notes: replacesOtherUrl(planned)
      ? [
          'Another URL stands there. A Workspace has room for one only, and a Flex account may be using it: ' +
            'it would hear of nothing any more. Without --via callback, Event Streams tells both.',
        ]
      : [],
  };
}

/** Plans how a Workspace no longer calls us back; another's URL stays. */
function planCallbackRemoval(
  workspace: string,
  current: EventCallback,
  url: string,
): ConnectPlan<CallbackStep> {
  const isOurs = current.url === url;
  const planned = callbackStep(workspace, current, isOurs ? { url: '', events: [] } : current);
  const notes = isOurs ? ['What stood there before connect is not known any more.'] : [];
  return { steps: [planned], notes };
}
