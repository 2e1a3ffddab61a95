import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sourceKinds } from '../../shared/crm/config.ts';
import { secretProblem } from '../../shared/crm/source.ts';
import { Unavailable } from '../../shared/http/errors.ts';
import { signingSecrets } from '../../shared/http/signing-secrets.ts';
import { awsClientOptions, awsErrorName } from '../aws.ts';
import type { AwsClientConfig, Deployment } from '../deployment/deployment.ts';
import {
  awsErrorResult,
  type CheckResult,
  failed,
  type Observation,
  ok,
  unknown,
} from './check.ts';

/** The text of a secret, or why it could not be read. */
type SecretResult = { text: string } | { problem: CheckResult };

export type ReadStoredSecret = (name: string) => Promise<SecretResult>;

/**
 * Creates a function that reads a secret by its name. It never rejects.
 * @param createHint how to create a missing secret
 */
export function createSecretReader(access: AwsClientConfig, createHint: string): ReadStoredSecret {
  const client = new SecretsManagerClient(awsClientOptions(access));
  return async (name) => {
    try {
      const { SecretString: text = '' } = await client.send(
        new GetSecretValueCommand({ SecretId: name }),
      );
      if (text.trim() !== '') return { text };
      return { problem: failed(`secret ${name} is empty`, createHint) };
    } catch (error) {
      return { problem: readFailure(error, name, createHint) };
    }
  };
}

/**
 * Reads a list of secrets as the Lambda functions do, without checking the single secrets.
 * @throws Unavailable if the text is neither one secret nor a list of secrets
 */
export function secretList(text: string, name: string): readonly string[] {
  return signingSecrets(text, name, noProblem);
}

/** Checks the secrets with which the deployed crm-change verifies webhooks. */
export function checkSourceSecrets(
  { sources, secrets }: Pick<Deployment, 'sources' | 'secrets'>,
  readSecret: ReadStoredSecret,
  applyHint: string,
): Promise<readonly Observation[]> {
  return Promise.all(
    Object.entries(sources).map(async ([source, { kind }]) => ({
      about: source,
      ...(await checkSecret(source, kind, secrets.sources[source], readSecret, applyHint)),
    })),
  );
}

function readFailure(error: unknown, name: string, createHint: string): CheckResult {
  const errorName = awsErrorName(error);
  if (errorName === 'ResourceNotFoundException') {
    return failed(`secret ${name} does not exist, or has no value`, createHint);
  }
  // Secrets Manager returns this error for a secret that is scheduled for deletion.
  if (errorName === 'InvalidRequestException') {
    return failed(`secret ${name} is scheduled for deletion`, createHint);
  }
  return awsErrorResult(error, `secretsmanager:GetSecretValue on ${name}`);
}

function noProblem() {
  return undefined;
}

function problemsOf(
  secrets: readonly string[],
  problemOf: (secret: string) => string | undefined,
): readonly string[] {
  return secrets.flatMap((secret, index) => {
    const problem = problemOf(secret);
    if (problem === undefined) return [];
    return secrets.length > 1 ? `number ${index + 1} ${problem}` : `it ${problem}`;
  });
}

async function checkSecret(
  source: string,
  kind: string,
  name: string | undefined,
  readSecret: ReadStoredSecret,
  applyHint: string,
): Promise<CheckResult> {
  const sourceKind = sourceKinds.get(kind);
  const configHint = `Set sources.${source}.signingSecrets to the signing secret of the CRM, then ${applyHint}.`;
  if (sourceKind === undefined) {
    return unknown(
      `this version does not know the kind ${kind}`,
      'Run doctor of the deployed version, or deploy this version.',
    );
  }
  if (sourceKind.transport === 'event-bus') return ok('none: EventBridge authenticates the events');
  if (name === undefined) return failed('the stack has no secret for this source', configHint);
  const secret = await readSecret(name);
  if ('problem' in secret) return secret.problem;
  try {
    const secrets = secretList(secret.text, name);
    const problems = problemsOf(secrets, (text) => secretProblem(sourceKind, text));
    if (problems.length > 0) return failed(problems.join('\n'), configHint);
    return ok(
      secrets.length > 1
        ? `${secrets.length} valid; a rotation is in progress`
        : 'valid form; only a webhook proves that it is the secret of the CRM',
    );
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return failed(error.message, configHint);
  }
}
