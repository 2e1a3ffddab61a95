import { type Input, jsonStringify, type Output } from '@pulumi/pulumi';

/** What a function may do, and to what. */
export interface Permission {
  readonly actions: readonly string[];
  readonly resource: Input<string>;
}

export const maySend = (queueArn: Input<string>): Permission => ({
  actions: ['sqs:SendMessage'],
  resource: queueArn,
});

/**
 * What an event source mapping needs of its function's role, and the one action with which the
 * function chooses when a message comes back.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const mayConsume = (queueArn: Input<string>): Permission => ({
  actions: [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ChangeMessageVisibility',
  ],
  resource: queueArn,
});

export const mayRead = (secretArn: Input<string>): Permission => ({
  actions: ['secretsmanager:GetSecretValue'],
  resource: secretArn,
});

/** Writing to the streams of a log group that exists. Making log groups is not part of it. */
export const mayLog = (logGroupArn: Input<string>): Permission => ({
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resource: logGroupArn,
});

/** The policy document, as JSON, that allows this and nothing else. */
export const policyDocument = (permissions: readonly Permission[]): Output<string> =>
  jsonStringify({
    Version: '2012-10-17',
    Statement: permissions.map(({ actions, resource }) => ({
      Effect: 'Allow',
      Action: actions,
      Resource: resource,
    })),
  });
