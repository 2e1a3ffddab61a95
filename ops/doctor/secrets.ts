import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sourceKinds } from '../../shared/crm/config.ts';
import { secretProblem } from '../../shared/crm/signing/secret-problem.ts';
import { Unavailable } from '../../shared/http/errors.ts';
import { signingSecrets } from '../../shared/http/signing-secrets.ts';
import type { AwsClientConfig, Deployment } from '../deployment/deployment.ts';
import { awsClientOptions, awsErrorName, awsErrorResult } from './aws.ts';
import { type CheckResult, failed, type Observation, ok, unknown } from './check.ts';

/** The text of a secret, or why there is none to be had. */
type SecretResult = { readonly text: string } | { readonly problem: CheckResult };

export type ReadSecret = (name: string) => Promise<SecretResult>;

/**
 * Secrets Manager, asked by the name of a secret. Never rejects.
 * @param createHint what to do where there is none
 */
export function createSecretReader(access: AwsClientConfig, createHint: string): ReadSecret {
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
 * The secrets in a secret's text, as the doors read them, whatever is wrong with each.
 * @throws Unavailable when it is neither a text nor a list of such
 */
export function secretList(text: string, name: string): readonly string[] {
  return signingSecrets(text, name, noProblem);
}

/** The secrets that the deployed crm-change verifies webhooks with. */
export function checkSourceSecrets(
  { sources, secrets }: Pick<Deployment, 'sources' | 'secrets'>,
  readSecret: ReadSecret,
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
    return failed(`there is no secret ${name}, or it has no value`, createHint);
  }
  // So is it said of one that is marked for deletion.
  if (errorName === 'InvalidRequestException') {
    return failed(`secret ${name} cannot be read: it is to be deleted`, createHint);
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
  readSecret: ReadSecret,
  applyHint: string,
): Promise<CheckResult> {
  const sourceKind = sourceKinds.get(kind);
  const configHint = `Set sources.${source}.signingSecrets to what the CRM signs with, then ${applyHint}.`;
  if (sourceKind === undefined) {
    return unknown(
      `this version knows no kind ${kind}`,
      'Run the version that was deployed, or deploy this one.',
    );
  }
  if (sourceKind.transport === 'event-bus')
    return ok('none: it comes by EventBridge, which vouches for it');
  if (name === undefined) return failed('the stack names no secret for it', configHint);
  const secret = await readSecret(name);
  if ('problem' in secret) return secret.problem;
  try {
    const secrets = secretList(secret.text, name);
    const problems = problemsOf(secrets, (text) => secretProblem(sourceKind, text));
    if (problems.length > 0) return failed(problems.join('\n'), configHint);
    return ok(
      secrets.length > 1
        ? `${secrets.length} of the right form: one is being rotated out`
        : "of the right form; only a webhook shows whether it is the CRM's",
    );
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return failed(error.message, configHint);
  }
}
