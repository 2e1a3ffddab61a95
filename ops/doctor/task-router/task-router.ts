import { parseTwilioCredentials } from '../../../shared/taskrouter/credentials.ts';
import type { Deployment, TwilioApiKey } from '../../deployment/deployment.ts';
import { Failure } from '../../failure.ts';
import { type CheckResult, failed, type Observation, ok, unknown } from '../check.ts';
import type { ReadSecret } from '../secrets.ts';
import { evaluateProbes } from './evaluate-probes.ts';
import { createProbe, taskRouterOperations } from './probe.ts';

export interface TaskRouterCheckOptions {
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
  /** How a setting is brought into force, e.g. `pulumi up --stack prod`. */
  readonly applyHint: string;
}

/**
 * Tries out all that the sync does at TaskRouter, about a Task that does not exist. One of the three
 * searches that an account has in a second is used for it.
 */
export async function checkTaskRouter(
  { credentials, observations }: CredentialsResult,
  options: TaskRouterCheckOptions,
): Promise<readonly Observation[]> {
  if (credentials === undefined) return observations;
  const { accountSid, apiKey: username, apiSecret: password } = credentials;
  const probe = createProbe({ ...options, username, password });
  const probes = await Promise.all(
    taskRouterOperations.map(async (operation) => ({ operation, outcome: await probe(operation) })),
  );
  return [...observations, ...evaluateProbes(probes, { ...options, accountSid })];
}

/** An API key to ask Twilio with, if there is any, and what is to be said of it. */
interface CredentialsResult {
  readonly credentials?: TwilioApiKey;
  readonly observations: readonly Observation[];
}

const apiKeySubject = 'API key';

/**
 * The API key that the deployed sync uses; where it cannot be read, the operator's own, which says
 * nothing of what the sync may do.
 */
export async function readSyncCredentials(
  deployment: Deployment,
  readSecret: ReadSecret,
  createHint: string,
): Promise<CredentialsResult> {
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
}

function parseSecret(name: string, text: string, createHint: string): CredentialsResult {
  try {
    const credentials = parseTwilioCredentials(name, text);
    return {
      credentials,
      observations: [{ about: apiKeySubject, ...ok("the sync's own, from Secrets Manager") }],
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      observations: [
        { about: apiKeySubject, ...failed(`${problem}\nThe sync can do nothing.`, createHint) },
      ],
    };
  }
}

function operatorsApiKey({ credentials }: Deployment): TwilioApiKey | undefined {
  try {
    return credentials();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
