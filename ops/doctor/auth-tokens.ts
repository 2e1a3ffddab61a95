import { authTokenProblem } from '../../lambdas/task-event/auth-token-problem.ts';
import { bad, ok, type Told, unknown, type Verdict, warning } from './finding.ts';
import { listTasks } from './task-router/operations.ts';
import { type Probed, prober } from './task-router/probe.ts';
import type { TaskRouterOptions } from './task-router/task-router.ts';

export interface AuthTokenOptions extends TaskRouterOptions {
  /** Undefined where it is not known: Twilio is not asked then. */
  readonly accountSid: string | undefined;
}

type Answer = 'accepted' | 'refused' | 'not known';

const answerOf = (probed: Probed): Answer => {
  if ('noAnswer' in probed || probed.status === 429 || probed.status >= 500) return 'not known';
  return probed.status === 401 ? 'refused' : 'accepted';
};

const primary = 'Set twilio.authToken to the primary Auth Token of the account and region';

/**
 * Whether these are Auth Tokens of the account, by logging in with each of a right form. Twilio does not
 * tell whether one is the primary one, which alone signs.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export const authTokens = async (
  tokens: readonly string[],
  { accountSid, applyIt, ...where }: AuthTokenOptions,
): Promise<readonly Told[]> => {
  const looked = await Promise.all(
    tokens.map(async (password) => {
      const problem = authTokenProblem(password);
      if (problem !== undefined || accountSid === undefined) return { problem };
      const probe = prober({ ...where, username: accountSid, password });
      return { problem, answer: answerOf(await probe(listTasks)) };
    }),
  );
  const isOneAccepted = looked.some(({ answer }) => answer === 'accepted');

  const verdict = ({ problem, answer }: (typeof looked)[number]): Verdict => {
    if (problem !== undefined) return bad(problem, `${primary}; then ${applyIt}.`);
    if (answer === 'accepted') {
      return ok('of the account; that it is the primary one, which signs, cannot be asked');
    }
    if (answer === 'refused' && isOneAccepted) {
      return warning(
        'not of the account, or not any more: the other one is',
        `Take it out of twilio.authToken once it is rotated; then ${applyIt}.`,
      );
    }
    if (answer === 'refused') {
      return bad(
        "Twilio does not accept it for the account: its events would be taken for somebody else's",
        `${primary}; then ${applyIt}.`,
      );
    }
    return unknown(
      'it has the right form; whether it is of the account could not be asked',
      'See what is said of TaskRouter above, and run it again.',
    );
  };
  return looked.map((one, index) => ({
    about: tokens.length > 1 ? `Auth Token ${index + 1}` : 'Auth Token',
    ...verdict(one),
  }));
};
