import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { operatorClient } from '../twilio/operator-client.ts';
import { twilioProblem } from '../twilio/twilio-problem.ts';
import { isForeign } from './plan-callback.ts';
import type { Step, Via } from './via.ts';
import { viaCallback } from './via-callback.ts';
import { viaEventStreams } from './via-event-streams.ts';

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
export interface Connected {
  readonly deployment: string;
  readonly via: ConnectOptions['via'];
  readonly url: string;
  readonly outcome: 'nothing-to-do' | 'would-change' | 'changed';
  readonly steps: readonly Step[];
  readonly notes: readonly string[];
}

const mostRounds = 3;

const changesIn = <Taken extends Step>(steps: readonly Taken[]): readonly Taken[] =>
  steps.filter(({ action }) => action !== 'keep');

const again = 'Once that is mended, run it again: it goes on from what is there by then.';

const connectVia = async <Taken extends Step>(
  via: Via<Taken>,
  deployment: Deployment,
  options: ConnectOptions,
): Promise<Connected> => {
  const client = operatorClient(deployment);
  const look = () =>
    via.plan(client, deployment, options.remove).catch((error: unknown) => {
      throw error instanceof Failure
        ? error
        : twilioProblem(error, 'Looking at what is there', again);
    });
  const { steps, notes } = await look();
  const told = { deployment: deployment.name, via: options.via, url: deployment.taskEventsUrl };
  let changes = changesIn(steps);
  if (changes.length === 0) return { ...told, outcome: 'nothing-to-do', steps, notes };
  if (!options.yes) return { ...told, outcome: 'would-change', steps, notes };

  if (
    !options.replace &&
    changes.some((step) => step.resource === 'event-callback' && isForeign(step))
  ) {
    throw new Failure(
      "Another URL stands in the Workspace's event callback, and there is room for one only.",
      'See it with connect --via callback, without --yes. Use Event Streams, or add --replace to lose that one.',
    );
  }
  const taken: Step[] = steps.filter(({ action }) => action === 'keep');
  for (let round = 1; changes.length > 0; round += 1) {
    if (round > mostRounds) {
      throw new Failure(
        'What was set up is changed again and again: somebody else is at it at the same time.',
        'Wait for them, and run it again.',
      );
    }
    const take = via.taker(client);
    for (const [done, step] of changes.entries()) {
      await take(step).catch((error: unknown) => {
        const doing = `Step ${done + 1} of ${changes.length} (${step.action} ${step.resource})`;
        throw twilioProblem(error, doing, again);
      });
      taken.push(step);
    }
    // Another run at the same moment has not seen ours: what both made is mended at once.
    changes = changesIn((await look()).steps);
  }
  return { ...told, outcome: 'changed', steps: taken, notes };
};

/**
 * Has Twilio tell a deployment of TaskRouter's events, or plans to.
 * @throws Failure
 */
export const connect = (deployment: Deployment, options: ConnectOptions): Promise<Connected> =>
  options.via === 'callback'
    ? connectVia(viaCallback, deployment, options)
    : connectVia(viaEventStreams, deployment, options);
