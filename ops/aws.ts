import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { AwsClientConfig } from './deployment/deployment.ts';
import { dnsFailure, Failure, unresolvedHost } from './failure.ts';

const noCredentialsHint =
  'Log in to AWS, pass --profile <name>, or set AWS_PROFILE or AWS_ACCESS_KEY_ID.';

const nextSteps: readonly (readonly [RegExp, string])[] = [
  [
    /AccessDenied|NotAuthorized|Forbidden|KMS/i,
    'Your AWS identity lacks a permission. docs/iam.md#the-operator lists the permissions of each command.',
  ],
  [
    /NonExistentQueue|QueueDoesNotExist|ResourceNotFound/,
    'Check --stack, --profile and --region: the resource does not exist in that account and region. With --local, run npm start again.',
  ],
];

/**
 * Turns an error of an AWS SDK into a `Failure` with the next step; returns any other error unchanged. It
 * shows the name of the error only, because AWS messages may repeat the request.
 * @param action what failed, e.g. `Reading the dead-letter queue`
 * @param consequence the state after the failure, e.g. that nothing was lost
 */
export function toAwsFailure(error: unknown, action: string, consequence = ''): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const host = unresolvedHost(error);
  if (host !== undefined) return dnsFailure([host], error);
  if (lacksCredentials(error)) return noCredentialsFailure(error);
  const isFromAws = '$metadata' in error || '$fault' in error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (!isFromAws && code === undefined) return error;
  const name = code !== undefined && /^E[A-Z]+$/.test(code) ? code : error.name;
  const [, found = 'Try again. If it fails again, check the AWS Health Dashboard.'] =
    nextSteps.find(([names]) => names.test(error.name)) ?? [];
  const next = isCredentialsError(error) ? noCredentialsHint : found;
  return new Failure(`${action} failed: ${name}.${consequence && ` ${consequence}`}`, next, {
    cause: error,
  });
}

/** The failure if this machine has no credentials. No request was made, so there is no consequence. */
function noCredentialsFailure(cause: Error): Failure {
  return new Failure('This machine has no AWS credentials.', noCredentialsHint, { cause });
}

const noCredentialsErrors = new Set(['CredentialsProviderError', 'TokenProviderError']);

/**
 * The names of AWS errors about rejected credentials or signatures.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
const invalidCredentialsErrors = new Set([
  'AuthFailure', // EC2
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

/** Whether this machine has no credentials. */
export function lacksCredentials(error: unknown): boolean {
  return noCredentialsErrors.has(awsErrorName(error));
}

/** Whether AWS rejected the credentials of this machine, or it has none. */
export function isCredentialsError(error: unknown): boolean {
  return lacksCredentials(error) || invalidCredentialsErrors.has(awsErrorName(error));
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

const count = z.coerce.number().int().nonnegative();

const QueueDepth = z
  .object({
    ApproximateNumberOfMessages: count,
    ApproximateNumberOfMessagesNotVisible: count,
    ApproximateNumberOfMessagesDelayed: count,
  })
  .transform((attributes) => ({
    visible: attributes.ApproximateNumberOfMessages,
    inFlight: attributes.ApproximateNumberOfMessagesNotVisible,
    delayed: attributes.ApproximateNumberOfMessagesDelayed,
  }));

/** Approximate numbers of messages in a queue, as SQS counts them. */
export type QueueDepth = z.output<typeof QueueDepth>;

/** The messages in all three states. */
export function totalMessages({ visible, inFlight, delayed }: QueueDepth): number {
  return visible + inFlight + delayed;
}

/**
 * The messages of several queues together.
 * @throws an error of the AWS SDK
 */
export async function queueDepths(
  sqs: SQSClient,
  queueUrls: readonly string[],
): Promise<QueueDepth> {
  const depths = await Promise.all(queueUrls.map((url) => queueDepth(sqs, url)));
  const sum = (count: (depth: QueueDepth) => number) =>
    depths.reduce((total, depth) => total + count(depth), 0);
  return {
    visible: sum(({ visible }) => visible),
    inFlight: sum(({ inFlight }) => inFlight),
    delayed: sum(({ delayed }) => delayed),
  };
}

/**
 * @param stop aborts the request
 * @throws an error of the AWS SDK
 */
export async function queueDepth(
  sqs: SQSClient,
  queueUrl: string,
  stop?: AbortSignal,
): Promise<QueueDepth> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
    { ...(stop && { abortSignal: stop }) },
  );
  return QueueDepth.parse(Attributes);
}
