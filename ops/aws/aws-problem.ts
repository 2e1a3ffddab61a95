import { Failure } from '../failure.ts';

const nextSteps: readonly (readonly [RegExp, string])[] = [
  [
    /^(CredentialsProviderError|ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|InvalidSignatureException|SignatureDoesNotMatch|AuthFailure)/,
    'Log in to AWS, name a profile with --profile <name>, or set the usual variables (AWS_PROFILE, AWS_ACCESS_KEY_ID …).',
  ],
  [
    /AccessDenied|NotAuthorized|Forbidden|KMS/i,
    'Your AWS identity may not do that: docs/ops.md lists what each command needs.',
  ],
  [
    /NonExistentQueue|QueueDoesNotExist|ResourceNotFound/,
    'Check --stack, --profile and --region: in that account and region there is none. With --local, run npm start again.',
  ],
];

/**
 * An error of an AWS SDK, told with what to do; what is none is given back as it is. The message of AWS is
 * left out where it may repeat what was sent.
 * @param action what was being done, e.g. `Reading the dead letters`
 * @param consequence what is the case now, e.g. that nothing was lost
 */
export const toAwsFailure = (error: unknown, action: string, consequence = ''): unknown => {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const isFromAws =
    '$metadata' in error || '$fault' in error || error.name === 'CredentialsProviderError';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (!isFromAws && code === undefined) return error;
  const name = code !== undefined && /^E[A-Z]+$/.test(code) ? code : error.name;
  const [, next = 'Try again; if it stays, see whether AWS answers.'] =
    nextSteps.find(([names]) => names.test(error.name)) ?? [];
  return new Failure(`${action} did not work: ${name}.${consequence && ` ${consequence}`}`, next, {
    cause: error,
  });
};
