import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { operatorClient, toTwilioFailure } from '../twilio.ts';
import { callbackMethod, replacesOtherUrl } from './callback.ts';
import { eventStreamsMethod } from './event-streams.ts';
import type { ConnectMethod, ConnectStep } from './plan.ts';

export interface ConnectOptions {
  readonly via: 'event-streams' | 'callback';
  /** Carries the plan out. */
  readonly yes: boolean;
  /** Plans to take away what connect made. */
  readonly remove: boolean;
  /** Lets the callback of somebody else be replaced. */
  readonly replace: boolean;
}

/** What was planned, and what has come of it. */
export interface ConnectResult {
  readonly deployment: string;
  readonly via: ConnectOptions['via'];
  readonly url: string;
  readonly outcome: 'nothing-to-do' | 'would-change' | 'changed';
  readonly steps: readonly ConnectStep[];
  readonly notes: readonly string[];
}

const maxRounds = 3;

const retryHint = 'Once that is mended, run it again: it goes on from what is there by then.';

/**
 * Has Twilio tell a deployment of TaskRouter's events, or plans to.
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
        : toTwilioFailure(error, 'Looking at what is there', retryHint);
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
      "Another URL stands in the Workspace's event callback, and there is room for one only.",
      'See it with connect --via callback, without --yes. Use Event Streams, or add --replace to lose that one.',
    );
  }
  const applied: ConnectStep[] = steps.filter(({ action }) => action === 'keep');
  for (let round = 1; changes.length > 0; round += 1) {
    if (round > maxRounds) {
      throw new Failure(
        'What was set up is changed again and again: somebody else is at it at the same time.',
        'Wait for them, and run it again.',
      );
    }
    const applyStep = method.createApplier(client);
    for (const [done, step] of changes.entries()) {
      await applyStep(step).catch((error: unknown) => {
        const doing = `Step ${done + 1} of ${changes.length} (${step.action} ${step.resource})`;
        throw toTwilioFailure(error, doing, retryHint);
      });
      applied.push(step);
    }
    // Another run at the same moment has not seen ours: what both made is mended at once.
    changes = changesIn((await readPlan()).steps);
  }
  return { ...summary, outcome: 'changed', steps: applied, notes };
}
