import { parseTwilioCredentials } from '../../lambdas/sync/twilio-credentials.ts';
import type { Deployment, TwilioCredentials } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import type { ReadSecret } from './aws/stored-secrets.ts';
import { bad, ok, type Told, unknown, type Verdict } from './finding.ts';

/** An API key to ask Twilio with, if there is any, and what is to be said of it. */
export interface FoundCredentials {
  readonly credentials?: TwilioCredentials;
  readonly told: readonly Told[];
}

const about = 'API key';

const parsed = (name: string, text: string, makeIt: string): FoundCredentials => {
  try {
    const credentials = parseTwilioCredentials(name, text);
    return { credentials, told: [{ about, ...ok("the sync's own, from Secrets Manager") }] };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { told: [{ about, ...bad(`${problem}\nThe sync can do nothing.`, makeIt) }] };
  }
};

const operatorsOwn = ({ credentials }: Deployment): TwilioCredentials | undefined => {
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
export const syncCredentials = async (
  deployment: Deployment,
  readSecret: ReadSecret,
  makeIt: string,
): Promise<FoundCredentials> => {
  const name = deployment.secrets.twilio;
  const secret = await readSecret(name);
  if ('text' in secret) return parsed(name, secret.text, makeIt);
  const told: Told[] = [{ about, ...secret.lacking }];
  const credentials = operatorsOwn(deployment);
  if (credentials === undefined) return { told };
  const instead: Verdict = unknown(
    'what follows was asked with your own key (TWILIO_API_KEY)',
    "It tells that Workspace and network are right, and nothing of what the sync's key may do.",
  );
  return { credentials, told: [...told, { about: 'asked instead', ...instead }] };
};
