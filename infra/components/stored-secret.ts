import { Secret } from '@pulumi/aws/secretsmanager/secret.js';
import { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from '@pulumi/pulumi';
import type { EncryptionKey } from './encryption-key.ts';

interface StoredSecretArgs {
  description: string;
  /** The text of the secret. Pulumi's AWS provider marks it as a secret even if the caller did not. */
  value: Input<string>;
  key: EncryptionKey;
}

/** A secret in Secrets Manager, and its current version. */
export class StoredSecret extends ComponentResource {
  readonly name: Output<string>;
  readonly arn: Output<string>;
  readonly keyArn: Output<string>;

  constructor(name: string, args: StoredSecretArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:StoredSecret', name, {}, options);
    const { key, description, value } = args;

    const secret = new Secret(name, { description, kmsKeyId: key.arn }, { parent: this });
    new SecretVersion(
      `${name}-value`,
      { secretId: secret.id, secretString: value },
      { parent: this },
    );

    this.name = secret.name;
    this.arn = secret.arn;
    this.keyArn = key.arn;
    this.registerOutputs({ name: this.name, arn: this.arn });
  }
}
