import { all, type Input, jsonStringify, type Output, output } from '@pulumi/pulumi';
import { parseArn } from '../arn.ts';

/** One statement of a role's policy. */
export interface Permission {
  readonly effect?: 'Deny';
  readonly actions: readonly string[];
  readonly resource: Input<string> | readonly Input<string>[];
  readonly condition?: Input<Record<string, Record<string, string | string[]>>>;
}

/** Something at rest, and the key that it is encrypted with. */
export interface EncryptedResource {
  readonly arn: Input<string>;
  readonly keyArn: Input<string>;
}

/**
 * Sending to a queue. Its data key is made for the sender and read back by it.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
export function maySend(queue: EncryptedResource): readonly Permission[] {
  return [
    { actions: ['sqs:SendMessage'], resource: queue.arn },
    mayUseKey('sqs', 'aws:sqs:arn', ['kms:GenerateDataKey', 'kms:Decrypt'], [queue]),
  ];
}

/**
 * What an event source mapping needs of its function's role, and the one action with which the
 * function chooses when a message comes back.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function mayConsume(queue: EncryptedResource): readonly Permission[] {
  return [
    {
      actions: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ChangeMessageVisibility',
      ],
      resource: queue.arn,
    },
    mayUseKey('sqs', 'aws:sqs:arn', ['kms:Decrypt'], [queue]),
  ];
}

/**
 * Reading secrets, all of them encrypted with one key.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function mayRead(secrets: readonly EncryptedResource[]): readonly Permission[] {
  return secrets.length === 0
    ? []
    : [
        {
          actions: ['secretsmanager:GetSecretValue'],
          resource: secrets.map(({ arn }) => arn),
        },
        mayUseKey('secretsmanager', 'SecretARN', ['kms:Decrypt'], secrets),
      ];
}

/** Writing to the streams of a log group that exists. Making log groups is not part of it. */
export function mayLog(logGroupArn: Input<string>): Permission {
  return {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resource: logGroupArn,
  };
}

/**
 * Telling X-Ray how long an invocation took. AWS knows no resource for it.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
 */
export const mayTrace: Permission = {
  actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  resource: '*',
};

/** The network that functions run in. */
export interface Network {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

const interfaceActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** What AWS knows no resource for. */
const describeActions = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/**
 * Being joined to a network by Lambda, which does so with the function's role; the function itself may
 * not. `sibling` is the ARN of something in the same account and region, `functionName` what its name
 * begins with. Subnets and security groups may be another account's, which shares them.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function mayJoinNetwork(
  siblingArn: Input<string>,
  functionName: string,
  { subnetIds, securityGroupIds }: Network,
): readonly Permission[] {
  const location = output(siblingArn).apply(parseArn);
  return [
    {
      actions: interfaceActions,
      resource: location.apply(
        ({ partition, region, account }) => `arn:${partition}:ec2:${region}:${account}:*/*`,
      ),
    },
    {
      actions: ['ec2:CreateNetworkInterface'],
      resource: [
        ...subnetIds.map((id) => `subnet/${id}`),
        ...securityGroupIds.map((id) => `security-group/${id}`),
      ].map((shared) =>
        location.apply(({ partition, region }) => `arn:${partition}:ec2:${region}:*:${shared}`),
      ),
    },
    { actions: describeActions, resource: '*' },
    {
      effect: 'Deny',
      actions: [...interfaceActions, ...describeActions],
      resource: '*',
      condition: location.apply(({ partition, region, account }) => ({
        ArnLike: {
          'lambda:SourceFunctionArn': `arn:${partition}:lambda:${region}:${account}:function:${functionName}-*`,
        },
      })),
    },
  ];
}

/** The policy document, as JSON, that allows this and nothing else. */
export function policyDocument(permissions: readonly Permission[]): Output<string> {
  return jsonStringify({
    Version: '2012-10-17',
    Statement: permissions.map(({ effect = 'Allow', actions, resource, condition }) => ({
      Effect: effect,
      Action: actions,
      Resource: resource,
      ...(condition !== undefined && { Condition: condition }),
    })),
  });
}

/**
 * The statement of a queue's policy that closes it to plain HTTP, whoever asks.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
 */
export function denyPlainHttp(queueArn: Input<string>) {
  return {
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: queueArn,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

/**
 * Use of a key for what a service keeps, and for nothing else: `context` is what the service says that
 * it is about.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
function mayUseKey(
  service: 'sqs' | 'secretsmanager',
  context: 'aws:sqs:arn' | 'SecretARN',
  actions: readonly string[],
  resources: readonly EncryptedResource[],
): Permission {
  return {
    actions,
    resource: resources[0]?.keyArn ?? '',
    condition: all([
      output(resources[0]?.keyArn ?? ''),
      all(resources.map(({ arn }) => arn)),
    ]).apply(([keyArn, arns]) => ({
      StringEquals: {
        'kms:ViaService': `${service}.${parseArn(keyArn).region}.amazonaws.com`,
        [`kms:EncryptionContext:${context}`]: arns,
      },
    })),
  };
}
