import { describeError } from '../../shared/http/errors.ts';
import type { AwsClientConfig } from '../deployment/deployment.ts';
import { type CheckResult, unknown } from './check.ts';

const accessDeniedErrors = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationErrorException', // SNS
  'UnauthorizedOperation',
]);

const noCredentialsErrors = new Set(['CredentialsProviderError', 'TokenProviderError']);

/**
 * What AWS calls credentials or a signature that it does not take.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
const invalidCredentialsErrors = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** What an error of AWS is called; text where it is none of AWS's. */
export function awsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : 'not an Error';
}

/**
 * What stood in the way of asking AWS. AWS's own messages are not told: what they may quote is not ours
 * to know.
 * @param permission what it takes, as IAM names it
 */
export function awsErrorResult(error: unknown, permission: string): CheckResult {
  const name = awsErrorName(error);
  if (accessDeniedErrors.has(name)) {
    return unknown(`AWS does not let you look (${name})`, `It takes ${permission}.`);
  }
  if (noCredentialsErrors.has(name)) {
    return unknown(
      'there are no AWS credentials on this machine',
      'Log in to AWS (aws sso login), or name a profile with --profile.',
    );
  }
  if (invalidCredentialsErrors.has(name)) {
    return unknown(
      `AWS does not take your credentials (${name})`,
      'Log in to AWS again, see that the profile is of this account, and that the clock is right.',
    );
  }
  return unknown(
    `AWS could not be asked (${describeError(error)})`,
    'Run it again; if it stays, see whether this machine reaches AWS in that region.',
  );
}

/** An SDK client that gives an answer, or up, within some seconds. */
export function awsClientOptions(access: AwsClientConfig) {
  return {
    ...access,
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 3000,
      requestTimeout: 5000,
      throwOnRequestTimeout: true,
    },
  };
}
