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
 * The names of AWS errors about rejected credentials or signatures.
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

/** The name of an error of the AWS SDK. */
export function awsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : 'not an Error';
}

/**
 * The finding for a failed AWS request. The message of AWS is not shown: it may quote the request.
 * @param permission the IAM action that the request needs
 */
export function awsErrorResult(error: unknown, permission: string): CheckResult {
  const name = awsErrorName(error);
  if (accessDeniedErrors.has(name)) {
    return unknown(`AWS denied the request (${name})`, `The permission ${permission} is needed.`);
  }
  if (noCredentialsErrors.has(name)) {
    return unknown(
      'no AWS credentials found on this machine',
      'Log in to AWS (aws sso login), or pass --profile <name>.',
    );
  }
  if (invalidCredentialsErrors.has(name)) {
    return unknown(
      `AWS rejected your credentials (${name})`,
      'Log in to AWS again. Check the account of the profile and the clock.',
    );
  }
  return unknown(
    `AWS did not answer (${describeError(error)})`,
    'Run this again. If it fails again, check the network to AWS in that region.',
  );
}

/** Options of an SDK client whose requests end within some seconds. */
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
