import { Alias } from '@pulumi/aws/kms/alias.js';
import { Key } from '@pulumi/aws/kms/key.js';
import { KeyPolicy } from '@pulumi/aws/kms/keyPolicy.js';
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from '@pulumi/pulumi';
import { type KeyUse, keyPolicy } from '../policies/key-policy.ts';

interface EncryptionKeyArgs {
  /** ARN of an existing key. Its owner keeps its policy, and no resource is created. */
  arn?: string | undefined;
  use: KeyUse;
  /** Prefix of the names of everything that it encrypts. */
  prefix: string;
  /** ARNs of the only roles and users that may administer it. Default: the roles and users that the IAM policies allow. */
  administrators?: readonly string[] | undefined;
  deletionWindowDays: number;
  /** Whether `pulumi destroy` keeps it, because it keeps something that it encrypts. */
  keep: boolean;
}

/** A customer managed KMS key: of everything at rest, or of alarms on their way. AWS rotates it every year. */
export class EncryptionKey extends ComponentResource {
  /** Known once its policy allows the services to use it. */
  readonly arn: Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:EncryptionKey', name, {}, options);
    this.arn = args.arn === undefined ? this.createKey(name, args) : output(args.arn);
    this.registerOutputs({ arn: this.arn });
  }

  private createKey(name: string, args: EncryptionKeyArgs): Output<string> {
    const keyOptions = { parent: this, retainOnDelete: args.keep };
    const key = new Key(
      name,
      {
        description: `${args.use === 'alarms' ? 'Alarms' : 'Queues, secrets and logs'} of ${args.prefix}`,
        enableKeyRotation: true,
        deletionWindowInDays: args.deletionWindowDays,
      },
      keyOptions,
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

    // The policy names the account and the region, which the ARN of the key has.
    const policy = new KeyPolicy(
      `${name}-policy`,
      {
        keyId: key.id,
        policy: key.arn.apply((arn) =>
          JSON.stringify(keyPolicy(arn, args.use, args.prefix, args.administrators)),
        ),
      },
      keyOptions,
    );
    return all([key.arn, policy.id]).apply(([arn]) => arn);
  }
}
