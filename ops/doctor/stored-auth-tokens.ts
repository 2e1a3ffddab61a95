import { Unavailable } from '../../shared/door/failures.ts';
import { type AuthTokenOptions, authTokens } from './auth-tokens.ts';
import type { ReadSecret } from './aws/stored-secrets.ts';
import { bad, type Told } from './finding.ts';
import { secretList } from './secret-list.ts';

/** The Auth Tokens that the deployed task-event verifies Twilio's events with. */
export const storedAuthTokens = async (
  name: string,
  readSecret: ReadSecret,
  options: AuthTokenOptions,
): Promise<readonly Told[]> => {
  const about = 'Auth Token';
  const secret = await readSecret(name);
  if ('lacking' in secret) return [{ about, ...secret.lacking }];
  try {
    return await authTokens(secretList(secret.text, name), options);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return [{ about, ...bad(error.message, `Set twilio.authToken, then ${options.applyIt}.`) }];
  }
};
