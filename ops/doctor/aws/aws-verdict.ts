import { describeError } from '../../../shared/door/describe-error.ts';
import { unknown, type Verdict } from '../finding.ts';

const denied = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationErrorException', // SNS
  'UnauthorizedOperation',
]);

const notLoggedIn = new Set(['CredentialsProviderError', 'TokenProviderError']);

/**
 * What AWS calls credentials or a signature that it does not take.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
const refused = new Set([
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
export const awsErrorName = (error: unknown): string =>
  error instanceof Error ? error.name : 'not an Error';

/**
 * What stood in the way of asking AWS. AWS's own messages are not told: what they may quote is not ours
 * to know.
 * @param permission what it takes, as IAM names it
 */
export const awsVerdict = (error: unknown, permission: string): Verdict => {
  const name = awsErrorName(error);
  if (denied.has(name)) {
    return unknown(`AWS does not let you look (${name})`, `It takes ${permission}.`);
  }
  if (notLoggedIn.has(name)) {
    return unknown(
      'there are no AWS credentials on this machine',
      'Log in to AWS (aws sso login), or name a profile with --profile.',
    );
  }
  if (refused.has(name)) {
    return unknown(
      `AWS does not take your credentials (${name})`,
      'Log in to AWS again, see that the profile is of this account, and that the clock is right.',
    );
  }
  return unknown(
    `AWS could not be asked (${describeError(error)})`,
    'Run it again; if it stays, see whether this machine reaches AWS in that region.',
  );
};
