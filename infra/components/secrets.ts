import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi';
import type { StackSource } from '../config/sources.ts';
import type { StackConfig } from '../config/stack-config.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { StoredSecret } from './stored-secret.ts';

interface SecretsArgs {
  key: EncryptionKey;
  sources: Readonly<Record<string, StackSource>>;
  twilio: StackConfig['twilio'];
}

/**
 * One secret for each source that signs, for the Twilio API key, for the Auth Token and, if there is one, for the
 * SharedKey. One function reads each.
 */
export class Secrets extends ComponentResource {
  /** Signing secrets, by source. */
  readonly signing: Readonly<Record<string, StoredSecret>>;
  readonly twilio: StoredSecret;
  readonly authToken: StoredSecret;
  readonly sharedKey: StoredSecret | undefined;

  /** @param prefix of their names */
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
