import {
  CreateAliasCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { statementsOf } from '../policy-document.ts';
import { present, provisioner, Tags } from '../provisioner.ts';

const KeyInputs = z.strictObject({
  description: z.string(),
  enableKeyRotation: z.boolean(),
  /** Is said when the key is destroyed. */
  deletionWindowInDays: z.number(),
  tags: Tags,
});

const key = provisioner(KeyInputs, async ({ kms }, { description, enableKeyRotation, tags }) => {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      Description: description,
      Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    }),
  );
  const { KeyId, Arn } = present(KeyMetadata, 'a key');
  const id = present(KeyId, 'the id of a key');
  if (enableKeyRotation) await kms.send(new EnableKeyRotationCommand({ KeyId: id }));
  return { id, state: { keyId: id, arn: Arn } };
});

const alias = provisioner(
  z.strictObject({ name: z.string(), targetKeyId: z.string() }),
  async ({ kms }, { name, targetKeyId }) => {
    await kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId }));
    return { id: name };
  },
);

const keyPolicy = provisioner(
  z.strictObject({ keyId: z.string(), policy: z.string() }),
  async ({ kms }, { keyId, policy }) => {
    await kms.send(
      new PutKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default', Policy: policy }),
    );
    return { id: keyId };
  },
);

export const kmsProvisioners = {
  'aws:kms/key:Key': key,
  'aws:kms/alias:Alias': alias,
  'aws:kms/keyPolicy:KeyPolicy': keyPolicy,
};

/** All keys of the account's own: rotation, aliases, the statements of their policies, tags. */
export const readKeys = async ({ kms }: Aws) => {
  const { Keys = [] } = await kms.send(new ListKeysCommand());
  const { Aliases = [] } = await kms.send(new ListAliasesCommand());
  return Promise.all(
    Keys.map(async ({ KeyId, KeyArn }) => {
      const [rotation, policy, tags] = await Promise.all([
        kms.send(new GetKeyRotationStatusCommand({ KeyId })),
        kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' })),
        kms.send(new ListResourceTagsCommand({ KeyId })),
      ]);
      return {
        id: KeyId,
        arn: KeyArn,
        rotates: rotation.KeyRotationEnabled,
        aliases: Aliases.filter(({ TargetKeyId }) => TargetKeyId === KeyId).map(
          ({ AliasName }) => AliasName,
        ),
        policy: statementsOf(present(policy.Policy, 'a policy')),
        tags: Object.fromEntries(
          (tags.Tags ?? []).map(({ TagKey, TagValue }) => [TagKey, TagValue]),
        ),
      };
    }),
  );
};
