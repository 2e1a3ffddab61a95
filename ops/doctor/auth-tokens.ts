import { authTokenProblem } from '../../lambdas/task-event/auth-token-problem.ts';
import { failed, ok, type Observation, unknown, type CheckResult, warning } from './finding.ts';
import { listTasks } from './task-router/operations.ts';
import { type ProbeOutcome, createProbe } from './task-router/probe.ts';
import type { TaskRouterCheckOptions } from './task-router/task-router.ts';

export interface AuthTokenOptions extends TaskRouterCheckOptions {
  /** Undefined where it is not known: Twilio is not asked then. */
  readonly accountSid: string | undefined;
}

type TokenStatus = 'accepted' | 'refused' | 'not known';

const tokenStatus = (outcome: ProbeOutcome): TokenStatus => {
  if ('noAnswer' in outcome || outcome.status === 429 || outcome.status >= 500) return 'not known';
  return outcome.status === 401 ? 'refused' : 'accepted';
};

const setPrimaryToken = 'Set twilio.authToken to the primary Auth Token of the account and region';

/**
 * Whether these are Auth Tokens of the account, by logging in with each of a right form. Twilio does not
 * tell whether one is the primary one, which alone signs.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export const checkAuthTokens = async (
  tokens: readonly string[],
  { accountSid, applyHint, ...target }: AuthTokenOptions,
): Promise<readonly Observation[]> => {
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
};
