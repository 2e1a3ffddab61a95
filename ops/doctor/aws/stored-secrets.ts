import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsAccess } from '../../deployment/deployment.ts';
import { bad, type Verdict } from '../finding.ts';
import { awsClientOptions } from './aws-client-options.ts';
import { awsErrorName, awsVerdict } from './aws-verdict.ts';

/** The text of a secret, or why there is none to be had. */
export type SecretText = { readonly text: string } | { readonly lacking: Verdict };
export type ReadSecret = (name: string) => Promise<SecretText>;

const lacking = (error: unknown, name: string, makeIt: string): Verdict => {
  const errorName = awsErrorName(error);
  if (errorName === 'ResourceNotFoundException') {
    return bad(`there is no secret ${name}, or it has no value`, makeIt);
  }
  // So is it said of one that is marked for deletion.
  if (errorName === 'InvalidRequestException') {
    return bad(`secret ${name} cannot be read: it is to be deleted`, makeIt);
  }
  return awsVerdict(error, `secretsmanager:GetSecretValue on ${name}`);
};

/**
 * Secrets Manager, asked by the name of a secret. Never rejects.
 * @param makeIt what to do where there is none
 */
export const storedSecrets = (access: AwsAccess, makeIt: string): ReadSecret => {
  const client = new SecretsManagerClient(awsClientOptions(access));
  return async (name) => {
    try {
      const { SecretString: text = '' } = await client.send(
        new GetSecretValueCommand({ SecretId: name }),
      );
      if (text.trim() !== '') return { text };
      return { lacking: bad(`secret ${name} is empty`, makeIt) };
    } catch (error) {
      return { lacking: lacking(error, name, makeIt) };
    }
  };
};
