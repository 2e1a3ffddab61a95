import { followedEvents } from '../../shared/taskrouter/task-router.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { operatorClient, toTwilioFailure } from '../twilio.ts';
import { eventStreamsMethod } from './event-streams.ts';
import type {
  CallbackStep,
  ConnectMethod,
  ConnectPlan,
  ConnectStep,
  EventCallback,
} from './plan.ts';

interface ConnectOptions {
  via: 'event-streams' | 'callback';
  /** Applies the plan. */
  yes: boolean;
  /** Plans to remove what connect created. */
  remove: boolean;
  /** Allows to replace the callback URL of another system. */
  replace: boolean;
}

/** The plan, and whether it was applied. */
export interface ConnectResult {
  deployment: string;
  via: ConnectOptions['via'];
  url: string;
  outcome: 'nothing-to-do' | 'would-change' | 'changed';
  steps: readonly ConnectStep[];
  notes: readonly string[];
}

const maxRounds = 3;

const retryHint = 'Fix this, then run the command again. It continues from the current state.';

/**
 * Subscribes a deployment to TaskRouter events, or only plans it.
 * @throws Failure
 */
export function connect(deployment: Deployment, options: ConnectOptions): Promise<ConnectResult> {
  return options.via === 'callback'
    ? connectBy(callbackMethod, deployment, options)
    : connectBy(eventStreamsMethod, deployment, options);
}

function changesIn<OneStep extends ConnectStep>(steps: readonly OneStep[]): readonly OneStep[] {
  return steps.filter(({ action }) => action !== 'keep');
}

async function connectBy<OneStep extends ConnectStep>(
  method: ConnectMethod<OneStep>,
  deployment: Deployment,
  options: ConnectOptions,
): Promise<ConnectResult> {
  const client = operatorClient(deployment);
  const readPlan = () =>
    method.plan(client, deployment, options.remove).catch((error: unknown) => {
      throw error instanceof Failure
        ? error
        : toTwilioFailure(error, 'Reading the current configuration', retryHint);
    });
  const { steps, notes } = await readPlan();
  const summary = { deployment: deployment.name, via: options.via, url: deployment.taskEventsUrl };
  let changes = changesIn(steps);
  if (changes.length === 0) return { ...summary, outcome: 'nothing-to-do', steps, notes };
  if (!options.yes) return { ...summary, outcome: 'would-change', steps, notes };

  if (
    !options.replace &&
    changes.some((step) => step.resource === 'event-callback' && replacesOtherUrl(step))
  ) {
    throw new Failure(
      'The event callback of the Workspace already has another URL. A Workspace has one callback URL.',
      'Run connect --via callback without --yes to see it. Use Event Streams, or add --replace to overwrite it.',
    );
  }
  const applied: ConnectStep[] = steps.filter(({ action }) => action === 'keep');
  for (let round = 1; changes.length > 0; round += 1) {
    if (round > maxRounds) {
      throw new Failure(
        'The configuration keeps changing: another process changes it at the same time.',
        'Wait until it has finished, then run this again.',
      );
    }
    const applyStep = method.createApplier(client);
    for (const [done, step] of changes.entries()) {
      await applyStep(step).catch((error: unknown) => {
        const action = `Step ${done + 1} of ${changes.length} (${step.action} ${step.resource})`;
        throw toTwilioFailure(error, action, retryHint);
      });
      applied.push(step);
    }
    // A run at the same time has not seen our changes. So this plans again, and repairs what both have created.
    changes = changesIn((await readPlan()).steps);
  }
  return { ...summary, outcome: 'changed', steps: applied, notes };
}

/** The event callback of the Workspace: it has one URL. */
const callbackMethod: ConnectMethod<CallbackStep> = {
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
function replacesOtherUrl({ from, to }: CallbackStep): boolean {
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
