import { Unavailable } from '../../shared/http/errors.ts';
import {
  authTokenProblem,
  sharedKeyProblem,
  signingSecrets,
} from '../../shared/http/signing-secrets.ts';
import { eventStreamPrefix } from '../../shared/taskrouter/task-router.ts';
import type { ConnectStep } from '../connect/plan.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type CheckResult, failed, type Observation, ok, unknown, warning } from './check.ts';
import { type ReadStoredSecret, secretList } from './secrets.ts';
import { createProbe, listTasks, type ProbeOutcome } from './task-router/probe.ts';
import type { TaskRouterCheckOptions } from './task-router/task-router.ts';

interface AuthTokenOptions extends TaskRouterCheckOptions {
  /** Undefined if it is unknown. Then Twilio is not called. */
  accountSid: string | undefined;
}

type TokenStatus = 'accepted' | 'rejected' | 'unknown';

const setPrimaryToken = 'Set twilio.authToken to the primary Auth Token of the account and region';

/**
 * Checks whether these are Auth Tokens of the account. It calls Twilio with each token that has a valid form. Only
 * the primary Auth Token signs, and Twilio does not say which one is primary.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export async function checkAuthTokens(
  tokens: readonly string[],
  { accountSid, applyHint, ...target }: AuthTokenOptions,
): Promise<readonly Observation[]> {
  const checked = await Promise.all(
    tokens.map(async (password) => {
      const problem = authTokenProblem(password);
      if (problem !== undefined || accountSid === undefined) return { problem };
      const probe = createProbe({ ...target, username: accountSid, password });
      return { problem, status: tokenStatus(await probe(listTasks)) };
    }),
  );
  const isOneAccepted = checked.some(({ status }) => status === 'accepted');

  const resultOf = ({ problem, status }: (typeof checked)[number]): CheckResult => {
    if (problem !== undefined) return failed(problem, `${setPrimaryToken}; then ${applyHint}.`);
    if (status === 'accepted') {
      return ok('accepted; whether it is the primary Auth Token cannot be checked');
    }
    if (status === 'rejected' && isOneAccepted) {
      return warning(
        'rejected; the other Auth Token is accepted',
        `Remove it from twilio.authToken after the rotation; then ${applyHint}.`,
      );
    }
    if (status === 'rejected') {
      return failed(
        'Twilio rejects it for this account: task-event would answer its events with 401',
        `${setPrimaryToken}; then ${applyHint}.`,
      );
    }
    return unknown(
      'the form is right; the account could not be checked',
      'Fix the TaskRouter findings above, then run this again.',
    );
  };
  return checked.map((each, index) => ({
    about: tokens.length > 1 ? `Auth Token ${index + 1}` : 'Auth Token',
    ...resultOf(each),
  }));
}

/** Checks the Auth Tokens with which the deployed task-event verifies Twilio events. */
export async function checkStoredAuthTokens(
  name: string,
  readSecret: ReadStoredSecret,
  options: AuthTokenOptions,
): Promise<readonly Observation[]> {
  const about = 'Auth Token';
  const secret = await readSecret(name);
  if ('problem' in secret) return [{ about, ...secret.problem }];
  try {
    return await checkAuthTokens(secretList(secret.text, name), options);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return [
      { about, ...failed(error.message, `Set twilio.authToken, then ${options.applyHint}.`) },
    ];
  }
}

/**
 * Checks the form of the SharedKeys with which the deployed task-event verifies Twilio events.
 * @param name the name of their secret. Undefined if there is none
 */
export async function checkSharedKey(
  name: string | undefined,
  readSecret: ReadStoredSecret,
  applyHint: string,
): Promise<readonly Observation[]> {
  const about = 'SharedKey';
  if (name === undefined) {
    return [{ about, ...ok('none: needed only if a Webhooks Rule signs with one') }];
  }
  const secret = await readSecret(name);
  if ('problem' in secret) return [{ about, ...secret.problem }];
  try {
    signingSecrets(secret.text, name, sharedKeyProblem);
    return [{ about, ...ok('valid form; only an event proves that it is the right one') }];
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return [{ about, ...failed(error.message, `Set twilio.sharedKeySecret, then ${applyHint}.`) }];
  }
}

/**
 * Checks whether Twilio sends TaskRouter events to the deployment, by planning what `connect` would do.
 * @param deploymentOption the option that names the deployment in a command, e.g. `--stack prod`
 * @throws Failure if the operator has set no API key, or Twilio rejects it
 */
export async function checkEvents(
  deployment: Deployment,
  deploymentOption: string,
): Promise<readonly Observation[]> {
  const about = 'events';
  // The twilio SDK takes longer to load than all other code here.
  const { connect } = await import('../connect/connect.ts');
  const plan = (via: 'event-streams' | 'callback') =>
    connect(deployment, { via, yes: false, remove: false, replace: false });
  const stream = await plan('event-streams');
  if (stream.outcome === 'nothing-to-do') {
    return [{ about, ...ok('Event Streams sends all required events') }];
  }
  const callback = await plan('callback');
  if (callback.outcome === 'nothing-to-do') {
    return [{ about, ...ok('the event callback sends all required events') }];
  }
  const missing = [stream, callback].flatMap(({ steps }) => steps.flatMap(missingEvents));
  const what = missing.length > 0 ? missing.join(', ') : 'all required events';
  return [
    {
      about,
      ...warning(
        `Twilio does not send ${what}: later segments get their tickets late, abandoned conversations may get none`,
        `Run connect, which shows what it would change: npm run ops -- connect ${deploymentOption}`,
      ),
    },
  ];
}

/** The required events that Twilio does not send yet by a configured way, from a step of its plan. */
function missingEvents(step: ConnectStep): readonly string[] {
  if (step.resource === 'event-callback') {
    const { from, to } = step;
    const isSetUp = from.url === to.url && from.events.length > 0;
    return isSetUp ? to.events.filter((event) => !from.events.includes(event)) : [];
  }
  const isMissing = step.resource === 'event-type' && step.action === 'create';
  return isMissing ? [step.type.type.replace(eventStreamPrefix, '')] : [];
}

function tokenStatus(outcome: ProbeOutcome): TokenStatus {
  if ('noAnswer' in outcome || outcome.status === 429 || outcome.status >= 500) return 'unknown';
  return outcome.status === 401 ? 'rejected' : 'accepted';
}
