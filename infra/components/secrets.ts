import { Secret } from '@pulumi/aws/secretsmanager/secret.js';
import { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from '@pulumi/pulumi';
import type { StackSource } from '../config/sources.ts';
import type { StackConfig } from '../config/stack-config.ts';
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

interface SecretsArgs {
  key: EncryptionKey;
  sources: Readonly<Record<string, StackSource>>;
  twilio: StackConfig['twilio'];
}

/**
 * The secrets of a stack: one for each source that signs, one for the Twilio API key, one for the Auth Token, and
 * one for the SharedKey if there is one. Only one function reads each secret.
 */
export class Secrets extends ComponentResource {
  /** Signing secrets, by source. */
  readonly signing: Readonly<Record<string, StoredSecret>>;
  readonly twilio: StoredSecret;
  readonly authToken: StoredSecret;
  readonly sharedKey: StoredSecret | undefined;

  /** @param prefix the prefix of the secrets' names */
  constructor(prefix: string, args: SecretsArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:Secrets', `${prefix}-secrets`, {}, options);
    const { sources, twilio } = args;
    const store = (part: string, description: string, value: unknown): StoredSecret =>
      new StoredSecret(
        `${prefix}-${part}`,
        { key: args.key, description, value: JSON.stringify(value) },
        { parent: this },
      );

    this.signing = Object.fromEntries(
      Object.entries(sources)
        .filter(([, { signingSecrets }]) => signingSecrets.length > 0)
        .map(([source, { signingSecrets }]) => [
          source,
          store(`source-${source}`, `Signing secrets of the webhooks of ${source}`, signingSecrets),
        ]),
    );
    this.twilio = store('twilio', 'Twilio API key that reads and updates Tasks', {
      accountSid: twilio.accountSid,
      apiKey: twilio.apiKey,
      apiSecret: twilio.apiSecret,
    });
    this.authToken = store(
      'twilio-auth-token',
      'Auth Tokens that Twilio signs its events with',
      twilio.authToken,
    );
    this.sharedKey =
      twilio.sharedKeySecret &&
      store(
        'twilio-shared-key',
        'Secrets of the SharedKeys that Twilio signs its events with',
        twilio.sharedKeySecret,
      );
    this.registerOutputs({});
  }
}
