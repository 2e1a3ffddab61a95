import {
  CreateAliasCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { statementsOf } from '../policy-document.ts';
import { capitalize, present, provisioner, Tags } from '../provisioner.ts';

const key = provisioner(
  {
    description: z.string(),
    enableKeyRotation: z.boolean(),
    /** Pulumi sends it when it deletes the key. */
    deletionWindowInDays: z.number(),
    tags: Tags,
  },
  async ({ kms }, { description, enableKeyRotation, tags }) => {
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
  },
);

const alias = provisioner(
  { name: z.string(), targetKeyId: z.string() },
  async ({ kms }, { name, targetKeyId }) => {
    await kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId }));
    return { id: name };
  },
);

const keyPolicy = provisioner(
  { keyId: z.string(), policy: z.string() },
  async ({ kms }, inputs) => {
    await kms.send(new PutKeyPolicyCommand({ PolicyName: 'default', ...capitalize(inputs) }));
    return { id: inputs.keyId };
  },
);

export const kmsProvisioners = {
  'aws:kms/key:Key': key,
  'aws:kms/alias:Alias': alias,
  'aws:kms/keyPolicy:KeyPolicy': keyPolicy,
};

/** All keys, with the statements of their policies. */
export async function readKeys({ kms }: Aws) {
  const { Keys = [] } = await kms.send(new ListKeysCommand());
  return Promise.all(
    Keys.map(async ({ KeyId, KeyArn }) => {
      const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
      return { arn: KeyArn, policy: statementsOf(present(Policy, 'a policy')) };
    }),
  );
}
