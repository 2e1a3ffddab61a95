import type { Input } from '@pulumi/pulumi';

/**
 * The statement of a queue's policy that closes it to plain HTTP, whoever asks.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
 */
export const denyPlainHttp = (queueArn: Input<string>) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: 'sqs:*',
  Resource: queueArn,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});
