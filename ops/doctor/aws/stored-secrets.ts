import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsClientConfig } from '../../deployment/deployment.ts';
import { failed, type CheckResult } from '../finding.ts';
import { awsClientOptions } from './aws-client-options.ts';
import { awsErrorName, awsErrorResult } from './aws-verdict.ts';

/** The text of a secret, or why there is none to be had. */
export type SecretResult = { readonly text: string } | { readonly problem: CheckResult };
export type ReadSecret = (name: string) => Promise<SecretResult>;

const readFailure = (error: unknown, name: string, createHint: string): CheckResult => {
  const errorName = awsErrorName(error);
  if (errorName === 'ResourceNotFoundException') {
    return failed(`there is no secret ${name}, or it has no value`, createHint);
  }
  // So is it said of one that is marked for deletion.
  if (errorName === 'InvalidRequestException') {
    return failed(`secret ${name} cannot be read: it is to be deleted`, createHint);
  }
  return awsErrorResult(error, `secretsmanager:GetSecretValue on ${name}`);
};

/**
 * Secrets Manager, asked by the name of a secret. Never rejects.
 * @param createHint what to do where there is none
 */
export const createSecretReader = (access: AwsClientConfig, createHint: string): ReadSecret => {
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
};
