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
import { keyPolicy } from '../policies/key-policy.ts';

export interface EncryptionKeyArgs {
  /** A key that there is already. Its policy is its owner's, and nothing is made. */
  readonly arn?: string | undefined;
  /** What the names of all that it encrypts begin with. */
  readonly prefix: string;
  /** ARNs of those who alone may administer it. Unset: whom the account's IAM policies let. */
  readonly administrators?: readonly string[] | undefined;
  readonly deletionWindowDays: number;
  /** Whether it outlives the stack, as something does that it encrypts. */
  readonly keep: boolean;
}

/** The key of the customer's that everything at rest is encrypted with, renewed by AWS every year. */
export class EncryptionKey extends ComponentResource {
  /** To be had once the services that encrypt with it may. */
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
        description: `Queues, secrets, logs and alarms of ${args.prefix}`,
        enableKeyRotation: true,
        deletionWindowInDays: args.deletionWindowDays,
      },
      keyOptions,
    );
    // Not kept: the next stack of that name wants it.
    new Alias(
      `${name}-alias`,
      { name: `alias/${args.prefix}`, targetKeyId: key.id },
      { parent: this },
    );

    // The account and the region that it speaks of stand in the key's own ARN.
    const policy = new KeyPolicy(
      `${name}-policy`,
      {
        keyId: key.id,
        policy: key.arn.apply((arn) =>
          JSON.stringify(keyPolicy(arn, args.prefix, args.administrators)),
        ),
      },
      keyOptions,
    );
    return all([key.arn, policy.id]).apply(([arn]) => arn);
  }
}
