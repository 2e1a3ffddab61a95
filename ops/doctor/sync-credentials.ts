import { parseTwilioCredentials } from '../../lambdas/sync/twilio-credentials.ts';
import type { Deployment, TwilioApiKey } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import type { ReadSecret } from './aws/stored-secrets.ts';
import { failed, ok, type Observation, unknown, type CheckResult } from './finding.ts';

/** An API key to ask Twilio with, if there is any, and what is to be said of it. */
export interface CredentialsResult {
  readonly credentials?: TwilioApiKey;
  readonly observations: readonly Observation[];
}

const apiKeySubject = 'API key';

const parseSecret = (name: string, text: string, createHint: string): CredentialsResult => {
  try {
    const credentials = parseTwilioCredentials(name, text);
    return { credentials, observations: [{ about: apiKeySubject, ...ok("the sync's own, from Secrets Manager") }] };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { observations: [{ about: apiKeySubject, ...failed(`${problem}\nThe sync can do nothing.`, createHint) }] };
  }
};

const operatorsApiKey = ({ credentials }: Deployment): TwilioApiKey | undefined => {
  try {
    return credentials();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
};

/**
 * The API key that the deployed sync uses; where it cannot be read, the operator's own, which says
 * nothing of what the sync may do.
 */
export const readSyncCredentials = async (
  deployment: Deployment,
  readSecret: ReadSecret,
  createHint: string,
): Promise<CredentialsResult> => {
  const name = deployment.secrets.twilio;
  const secret = await readSecret(name);
  if ('text' in secret) return parseSecret(name, secret.text, createHint);
  const observations: Observation[] = [{ about: apiKeySubject, ...secret.problem }];
  const credentials = operatorsApiKey(deployment);
  if (credentials === undefined) return { observations };
  const fallback: CheckResult = unknown(
    'what follows was asked with your own key (TWILIO_API_KEY)',
    "It tells that Workspace and network are right, and nothing of what the sync's key may do.",
  );
  return { credentials, observations: [...observations, { about: 'asked instead', ...fallback }] };
};
