import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { operatorClient, toTwilioFailure } from '../twilio.ts';
import { callbackMethod, replacesOtherUrl } from './callback.ts';
import { eventStreamsMethod } from './event-streams.ts';
import type { ConnectMethod, ConnectStep } from './plan.ts';

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
    // A run at the same time has not seen our changes: plan again, and repair what both created.
    changes = changesIn((await readPlan()).steps);
  }
  return { ...summary, outcome: 'changed', steps: applied, notes };
}
