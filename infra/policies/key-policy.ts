import type { AwsAccount } from '../aws-account.ts';

/**
 * The actions of key administrators.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
const administrationActions = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

/** The actions that IAM policies of the account may allow if the key has administrators of its own. */
const useActions = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];

const encryptionActions = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** What a key encrypts: all that a stack keeps, or its alarms on their way. */
export type KeyUse = 'data' | 'alarms';

/**
 * The policy of a key of a stack. The account uses the key as its IAM policies say. AWS services use it only for
 * resources whose names begin with `prefix`. If there are administrators, only they may change it.
 *
 * The statement for administrators compares their ARNs. If it named them as principals, KMS would store their
 * internal ids, and a role that is deleted and created again could no longer administer the key.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 *
 * @param administrators ARNs of IAM roles and users; for a role in use, AWS compares the ARN of the role
 */
export function keyPolicy(
  { partition, region, account }: AwsAccount,
  use: KeyUse,
  prefix: string,
  administrators: readonly string[] | undefined,
) {
  const root = { AWS: `arn:${partition}:iam::${account}:root` };
  const accountStatements =
    administrators === undefined
      ? [{ Sid: 'Account', Principal: root, Action: 'kms:*' }]
      : [
          { Sid: 'Account', Principal: root, Action: useActions },
          {
            Sid: 'Administrators',
            Principal: root,
            Action: administrationActions,
            Condition: { ArnEquals: { 'aws:PrincipalArn': administrators } },
          },
        ];
  return {
    Version: '2012-10-17',
    Statement: [
      ...accountStatements,
      ...serviceStatements(partition, region, account, prefix)[use],
    ].map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement })),
  };
}

/**
 * The statements for services that encrypt in their own name, each for resources of the stack only.
 * Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html,
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
function serviceStatements(partition: string, region: string, account: string, prefix: string) {
  const arn = (service: string, rest: string) =>
    `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const data = [
    {
      Sid: 'Logs',
      Principal: { Service: `logs.${region}.amazonaws.com` },
      Action: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': [
            arn('logs', `log-group:${prefix}-*`),
            arn('logs', `log-group:/aws/vendedlogs/apis/${prefix}-*`),
          ],
        },
      },
    },
    {
      // EventBridge names the queue, not the rule. The policy of the queue allows only our rules.
      Sid: 'Events',
      Principal: { Service: 'events.amazonaws.com' },
      Action: encryptionActions,
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:sqs:arn': arn('sqs', `${prefix}-*`) } },
    },
  ];
  const alarms = [
    {
      Sid: 'Alarms',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: encryptionActions,
      Condition: { ArnLike: { 'aws:SourceArn': arn('cloudwatch', `alarm:${prefix}-*`) } },
    },
  ];
  return { data, alarms };
}
