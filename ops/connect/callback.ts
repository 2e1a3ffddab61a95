import { followedEvents } from '../../shared/taskrouter/task-router.ts';
import type { CallbackStep, ConnectMethod, ConnectPlan, EventCallback } from './plan.ts';

/** The event callback of the Workspace: it has one URL. */
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

/** Whether the step replaces the callback URL of another system. */
export function replacesOtherUrl({ from, to }: CallbackStep): boolean {
  return from.url !== '' && to.url !== '' && from.url !== to.url;
}

/** A URL without its possible secrets: user name, password, query and fragment. */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return text === '' ? '' : 'an invalid URL';
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

/** Plans to set the callback to exactly this URL and these events. */
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
          'The Workspace already has a callback URL, and it can have only one. Flex may use it. ' +
            'Replacing it stops those events. Event Streams works beside it.',
        ]
      : [],
  };
}

/** Plans to remove our callback URL; the URL of another system stays. */
function planCallbackRemoval(
  workspace: string,
  current: EventCallback,
  url: string,
): ConnectPlan<CallbackStep> {
  const isOurs = current.url === url;
  const planned = callbackStep(workspace, current, isOurs ? { url: '', events: [] } : current);
  const notes = isOurs ? ['The callback URL from before connect is unknown.'] : [];
  return { steps: [planned], notes };
}
