import { Unavailable } from '../../shared/door/failures.ts';
import { type AuthTokenOptions, checkAuthTokens } from './auth-tokens.ts';
import type { ReadSecret } from './aws/stored-secrets.ts';
import { failed, type Observation } from './finding.ts';
import { secretList } from './secret-list.ts';

/** The Auth Tokens that the deployed task-event verifies Twilio's events with. */
export const checkStoredAuthTokens = async (
  name: string,
  readSecret: ReadSecret,
  options: AuthTokenOptions,
): Promise<readonly Observation[]> => {
  const about = 'Auth Token';
  const secret = await readSecret(name);
  if ('problem' in secret) return [{ about, ...secret.problem }];
  try {
    return await checkAuthTokens(secretList(secret.text, name), options);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return [{ about, ...failed(error.message, `Set twilio.authToken, then ${options.applyHint}.`) }];
  }
};
