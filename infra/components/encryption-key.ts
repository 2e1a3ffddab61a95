import { getCallerIdentityOutput } from '@pulumi/aws/getCallerIdentity.js';
import { getPartitionOutput } from '@pulumi/aws/getPartition.js';
import { getRegionOutput } from '@pulumi/aws/getRegion.js';
import { Alias } from '@pulumi/aws/kms/alias.js';
import { Key } from '@pulumi/aws/kms/key.js';
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type InvokeOutputOptions,
  type Output,
  output,
} from '@pulumi/pulumi';

interface EncryptionKeyArgs {
  /** ARN of an existing key. Its owner keeps its policy, and no resource is created. */
  arn?: string | undefined;
  use: KeyUse;
  /** The prefix of the names of all resources that the key encrypts. */
  prefix: string;
  /**
   * ARNs of the only roles and users that may administer the key, if their IAM policies allow it. Default: all
   * roles and users that the IAM policies allow.
   */
  administrators?: readonly string[] | undefined;
  deletionWindowDays: number;
  /** Whether `pulumi destroy` keeps the key, because it keeps data that the key encrypts. */
  keep: boolean;
}

/** A customer managed KMS key, either for all stored data or for alarms. AWS rotates it every year. */
export class EncryptionKey extends ComponentResource {
  readonly arn: Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:EncryptionKey', name, {}, options);
    this.arn = args.arn === undefined ? this.createKey(name, args) : output(args.arn);
    this.registerOutputs({ arn: this.arn });
  }

  private createKey(name: string, args: EncryptionKeyArgs): Output<string> {
    // The key gets its policy when it is created. AWS rejects a log group whose key does not allow CloudWatch Logs
    // yet, and a later policy takes effect only after some time.
    const key = new Key(
      name,
      {
        description: `${args.use === 'alarms' ? 'Alarms' : 'Queues, secrets and logs'} of ${args.prefix}`,
        policy: getAwsAccount({ parent: this }).apply((account) =>
          JSON.stringify(keyPolicy(account, args.use, args.prefix, args.administrators)),
        ),
        enableKeyRotation: true,
        deletionWindowInDays: args.deletionWindowDays,
      },
      { parent: this, retainOnDelete: args.keep },
    );
    // The alias is never kept, because the next stack of this name needs it.
    new Alias(
      `${name}-alias`,
      {
        // The name of a stack has no slash, so this name is unique.
        name: `alias/${args.prefix}${args.use === 'alarms' ? '/alarms' : ''}`,
        targetKeyId: key.id,
      },
      { parent: this },
    );
    return key.arn;
  }
}

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

/** The actions that IAM policies of the account may allow if the key has its own administrators. */
const useActions = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];

const encryptionActions = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** The data that a key encrypts: all that a stack stores, or its alarms. */
type KeyUse = 'data' | 'alarms';

/**
 * The policy of a key of a stack. The account uses the key as its IAM policies say. AWS services use it only for
 * resources whose names begin with `prefix`. If there are administrators, only they may change it.
 *
 * The statement for administrators compares their ARNs. If it named them as principals, KMS would store their
 * internal ids, and a role that is deleted and created again could no longer administer the key.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 *
 * @param administrators ARNs of IAM roles and users. For an assumed role, AWS compares the ARN of the role
 */
function keyPolicy(
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
 * The statements for services that encrypt on their own behalf, each only for resources of the stack.
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

/** The place of the resources, in the words of their ARNs. */
interface AwsAccount {
  partition: string;
  region: string;
  account: string;
}

/** Asks AWS where the resources of a component are created. */
function getAwsAccount(options: InvokeOutputOptions): Output<AwsAccount> {
  return all([
    getPartitionOutput({}, options),
    getRegionOutput({}, options),
    getCallerIdentityOutput({}, options),
  ]).apply(([{ partition }, { region }, { accountId: account }]) => ({
    partition,
    region,
    account,
  }));
}
