import { Secret } from '@pulumi/aws/secretsmanager/secret.js';
import { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  secret,
} from '@pulumi/pulumi';

export interface StoredSecretArgs {
  readonly description: string;
  /** The text to keep. Pulumi encrypts it in its state, whether the caller marked it or not. */
  readonly value: Input<string>;
}

/** A secret in Secrets Manager, and its present value. */
export class StoredSecret extends ComponentResource {
  readonly name: Output<string>;
  readonly arn: Output<string>;

  constructor(name: string, args: StoredSecretArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:StoredSecret', name, {}, options);

    const stored = new Secret(name, { description: args.description }, { parent: this });
    new SecretVersion(
      `${name}-value`,
      { secretId: stored.id, secretString: secret(args.value) },
      { parent: this },
    );

    this.name = stored.name;
    this.arn = stored.arn;
    this.registerOutputs({ name: this.name, arn: this.arn });
  }
}
