import { authTokenProblem } from '../../shared/http/auth-token-problem.ts';
import { Unavailable } from '../../shared/http/errors.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type CheckResult, failed, type Observation, ok, unknown, warning } from './check.ts';
import { type ReadSecret, secretList } from './secrets.ts';
import { createProbe, listTasks, type ProbeOutcome } from './task-router/probe.ts';
import type { TaskRouterCheckOptions } from './task-router/task-router.ts';

interface AuthTokenOptions extends TaskRouterCheckOptions {
  /** Undefined where it is not known: Twilio is not asked then. */
  readonly accountSid: string | undefined;
}

type TokenStatus = 'accepted' | 'refused' | 'not known';

const setPrimaryToken = 'Set twilio.authToken to the primary Auth Token of the account and region';

/**
 * Whether these are Auth Tokens of the account, by logging in with each of a right form. Twilio does not
 * tell whether one is the primary one, which alone signs.
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
      return { problem, answer: tokenStatus(await probe(listTasks)) };
    }),
  );
  const isOneAccepted = checked.some(({ answer }) => answer === 'accepted');

  const resultOf = ({ problem, answer }: (typeof checked)[number]): CheckResult => {
    if (problem !== undefined) return failed(problem, `${setPrimaryToken}; then ${applyHint}.`);
    if (answer === 'accepted') {
      return ok('of the account; that it is the primary one, which signs, cannot be asked');
    }
    if (answer === 'refused' && isOneAccepted) {
      return warning(
        'not of the account, or not any more: the other one is',
        `Take it out of twilio.authToken once it is rotated; then ${applyHint}.`,
      );
    }
    if (answer === 'refused') {
      return failed(
        "Twilio does not accept it for the account: its events would be taken for somebody else's",
        `${setPrimaryToken}; then ${applyHint}.`,
      );
    }
    return unknown(
      'it has the right form; whether it is of the account could not be asked',
      'See what is said of TaskRouter above, and run it again.',
    );
  };
  return checked.map((each, index) => ({
    about: tokens.length > 1 ? `Auth Token ${index + 1}` : 'Auth Token',
    ...resultOf(each),
  }));
}

/** The Auth Tokens that the deployed task-event verifies Twilio's events with. */
export async function checkStoredAuthTokens(
  name: string,
  readSecret: ReadSecret,
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
 * Whether Twilio tells the deployment of TaskRouter's events, by what `connect` would do.
 * @param deploymentOption that names the deployment in a command of ours, e.g. `--stack prod`
 * @throws Failure where the operator has given no API key, or Twilio does not take it
 */
export async function checkEvents(
  deployment: Deployment,
  deploymentOption: string,
): Promise<readonly Observation[]> {
  const about = 'events';
  // The whole SDK takes longer to load than all the rest.
  const { connect } = await import('../connect/connect.ts');
  const plan = (via: 'event-streams' | 'callback') =>
    connect(deployment, { via, yes: false, remove: false, replace: false });
  const stream = await plan('event-streams');
  if (stream.outcome === 'nothing-to-do') {
    return [{ about, ...ok('Event Streams sends what we follow') }];
  }
  const callback = await plan('callback');
  if (callback.outcome === 'nothing-to-do') {
    return [{ about, ...ok("the Workspace's event callback sends what we follow") }];
  }
  return [
    {
      about,
      ...warning(
        'Twilio does not tell of all that we follow: segments that begin later wait for their tickets',
        `See what is missing: npm run ops -- connect ${deploymentOption}`,
      ),
    },
  ];
}

function tokenStatus(outcome: ProbeOutcome): TokenStatus {
  if ('noAnswer' in outcome || outcome.status === 429 || outcome.status >= 500) return 'not known';
  return outcome.status === 401 ? 'refused' : 'accepted';
}
