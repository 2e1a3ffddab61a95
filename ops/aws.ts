import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { Failure } from './failure.ts';

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
export function toAwsFailure(error: unknown, action: string, consequence = ''): unknown {
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

/** How many messages are in a queue, about: to be had, in the hands of a consumer, and held back. */
export type QueueDepth = z.output<typeof QueueDepth>;

/** All of them, wherever they are. */
export function totalMessages({ visible, inFlight, delayed }: QueueDepth): number {
  return visible + inFlight + delayed;
}

/** @throws Error of the SDK's */
export async function queueDepth(sqs: SQSClient, queueUrl: string): Promise<QueueDepth> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return QueueDepth.parse(Attributes);
}
