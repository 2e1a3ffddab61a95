import { Alias } from '@pulumi/aws/kms/alias.js';
import { Key } from '@pulumi/aws/kms/key.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from '@pulumi/pulumi';
import { getAwsAccount } from '../aws-account.ts';
import { type KeyUse, keyPolicy } from '../policies/key-policy.ts';

interface EncryptionKeyArgs {
  /** ARN of an existing key. Its owner keeps its policy, and no resource is created. */
  arn?: string | undefined;
  use: KeyUse;
  /** Prefix of the names of everything that it encrypts. */
  prefix: string;
  /**
   * ARNs of the only roles and users that may administer it, if their IAM policies allow it. Default: all roles and
   * users that the IAM policies allow.
   */
  administrators?: readonly string[] | undefined;
  deletionWindowDays: number;
  /** Whether `pulumi destroy` keeps it, because it keeps something that it encrypts. */
  keep: boolean;
}

/** A customer managed KMS key: of everything at rest, or of alarms on their way. AWS rotates it every year. */
export class EncryptionKey extends ComponentResource {
  readonly arn: Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:EncryptionKey', name, {}, options);
    this.arn = args.arn === undefined ? this.createKey(name, args) : output(args.arn);
    this.registerOutputs({ arn: this.arn });
  }

  private createKey(name: string, args: EncryptionKeyArgs): Output<string> {
    // With its policy from the start: a log group is refused whose key does not allow CloudWatch Logs yet, and a
    // policy that comes second takes effect only after a while.
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
    // Never kept: the next stack of that name needs it.
    new Alias(
      `${name}-alias`,
      {
        // No name of a stack has a slash.
        name: `alias/${args.prefix}${args.use === 'alarms' ? '/alarms' : ''}`,
        targetKeyId: key.id,
      },
      { parent: this },
    );
    return key.arn;
  }
}
