import {
  CreateAliasCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
} from '@aws-sdk/client-kms';
import * as z from 'zod';
import { present, provisioner, Tags } from '../provisioner.ts';

const key = provisioner(
  {
    description: z.string(),
    policy: z.string(),
    enableKeyRotation: z.boolean(),
    /** Pulumi sends this value when it deletes the key. */
    deletionWindowInDays: z.number(),
    tags: Tags,
  },
  async ({ kms }, { description, policy, enableKeyRotation, tags }) => {
    const { KeyMetadata } = await kms.send(
      new CreateKeyCommand({
        Description: description,
        Policy: policy,
        Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
      }),
    );
    const { KeyId, Arn } = present(KeyMetadata, 'a key');
    const id = present(KeyId, 'the id of a key');
    if (enableKeyRotation) await kms.send(new EnableKeyRotationCommand({ KeyId: id }));
    return { id, state: { keyId: id, arn: Arn } };
  },
);

const alias = provisioner(
  { name: z.string(), targetKeyId: z.string() },
  async ({ kms }, { name, targetKeyId }) => {
    await kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId }));
    return { id: name };
  },
);

export const kmsProvisioners = {
  'aws:kms/key:Key': key,
  'aws:kms/alias:Alias': alias,
};
