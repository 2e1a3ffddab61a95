import { parseTwilioCredentials } from '../../../shared/taskrouter/credentials.ts';
import type { Deployment, TwilioApiKey } from '../../deployment/deployment.ts';
import { Failure } from '../../failure.ts';
import { type CheckResult, failed, type Observation, ok, unknown } from '../check.ts';
import type { ReadStoredSecret } from '../secrets.ts';
import { evaluateProbes } from './evaluate-probes.ts';
import { createProbe, taskRouterOperations } from './probe.ts';

export interface TaskRouterCheckOptions {
  workspaceSid: string;
  taskRouterUrl: string;
  /** How to apply a changed setting, e.g. `run pulumi up --stack prod`. */
  applyHint: string;
}

/**
 * Tries all operations of sync at TaskRouter, with a Task that does not exist. It uses one of the three
 * searches per second that an account has.
 * @param operations only some of them
 */
export async function checkTaskRouter(
  { credentials, observations }: CredentialsResult,
  options: TaskRouterCheckOptions,
  operations = taskRouterOperations,
): Promise<readonly Observation[]> {
  if (credentials === undefined) return observations;
  const { accountSid, apiKey: username, apiSecret: password } = credentials;
  const probe = createProbe({ ...options, username, password });
  const probes = await Promise.all(
    operations.map(async (operation) => ({ operation, outcome: await probe(operation) })),
  );
  return [...observations, ...evaluateProbes(probes, { ...options, accountSid })];
}

/** The API key to call Twilio with, if there is one, and findings about it. */
interface CredentialsResult {
  credentials?: TwilioApiKey;
  observations: readonly Observation[];
}

const apiKeySubject = 'API key';

/**
 * The API key of the deployed sync. If it cannot be read, the operator's own, which proves nothing about the
 * permissions of sync.
 */
export async function readSyncCredentials(
  deployment: Deployment,
  readSecret: ReadStoredSecret,
  createHint: string,
): Promise<CredentialsResult> {
  const name = deployment.secrets.twilio;
  const secret = await readSecret(name);
  if ('text' in secret) return parseSecret(name, secret.text, createHint);
  const observations: Observation[] = [{ about: apiKeySubject, ...secret.problem }];
  const credentials = operatorsApiKey(deployment);
  if (credentials === undefined) return { observations };
  const fallback: CheckResult = unknown(
    'the following checks used your own API key (TWILIO_API_KEY)',
    'They check the Workspace and the network, not the permissions of the API key of sync.',
  );
  return { credentials, observations: [...observations, { about: 'API key used', ...fallback }] };
}

function parseSecret(name: string, text: string, createHint: string): CredentialsResult {
  try {
    const credentials = parseTwilioCredentials(name, text);
    return {
      credentials,
      observations: [{ about: apiKeySubject, ...ok('the API key of sync, from Secrets Manager') }],
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      observations: [
        { about: apiKeySubject, ...failed(`${problem}\nsync cannot call Twilio.`, createHint) },
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
