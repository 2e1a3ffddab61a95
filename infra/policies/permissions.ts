import { all, type Input, jsonStringify, type Output, output } from '@pulumi/pulumi';
import { parseArn } from '../arn.ts';

/** One statement of a role's policy. */
export interface Permission {
  effect?: 'Deny';
  actions: readonly string[];
  resource: Input<string> | readonly Input<string>[];
  condition?: Input<Record<string, Record<string, string | string[]>>>;
}

/** A queue or a secret, and the KMS key that encrypts it. */
export interface EncryptedResource {
  arn: Input<string>;
  keyArn: Input<string>;
}

/**
 * Allows to send to queues of one key. The sender also needs the data key: SQS generates and decrypts it on behalf
 * of the sender.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
export function maySend(queues: readonly EncryptedResource[]): readonly Permission[] {
  return [
    { actions: ['sqs:SendMessage'], resource: queues.map(({ arn }) => arn) },
    mayUseKey('sqs', 'aws:sqs:arn', ['kms:GenerateDataKey', 'kms:Decrypt'], queues),
  ];
}

/**
 * The actions that an event source mapping needs, and `ChangeMessageVisibility`. With the latter, the function lets
 * SQS deliver a message soon that may have crashed it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function mayConsume(queues: readonly EncryptedResource[]): readonly Permission[] {
  return [
    {
      actions: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ChangeMessageVisibility',
      ],
      resource: queues.map(({ arn }) => arn),
    },
    mayUseKey('sqs', 'aws:sqs:arn', ['kms:Decrypt'], queues),
  ];
}

/**
 * Allows to read secrets that one key encrypts.
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

/** Allows to write to the streams of an existing log group. Does not allow to create log groups. */
export function mayLog(logGroupArn: Input<string>): Permission {
  return {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resource: logGroupArn,
  };
}

/**
 * Allows to send traces to X-Ray. These actions support only the resource `*`.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
 */
export const mayTrace: Permission = {
  actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  resource: '*',
};

/** The VPC of functions. */
export interface Network {
  subnetIds: readonly string[];
  securityGroupIds: readonly string[];
}

const interfaceActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** These actions support only the resource `*`. */
const describeActions = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/**
 * Allows Lambda to create network interfaces in a VPC with the role of the function. The code of the function may
 * not use these permissions. Subnets and security groups may belong to another account that shares them.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 * @param siblingArn ARN of a resource in the same account and region
 * @param functionName prefix of the name of the function
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

/** The policy document of a role, as JSON. */
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
 * The statement of a queue policy that denies plain HTTP to everybody.
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
 * Allows to use a key only through one service, and only for the given resources. `context` is the encryption
 * context in which the service names the resource.
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
