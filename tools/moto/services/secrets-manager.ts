import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { runtime } from '@pulumi/pulumi';
import * as z from 'zod';
import { capitalize, physicalName, present, provisioner, Tags, tagList } from '../provisioner.ts';

/** Text that Pulumi keeps as a secret. */
const SecretText = z
  .custom<object>(runtime.isRpcSecret, 'must be marked as a secret')
  .transform(runtime.unwrapRpcSecret)
  .pipe(z.string());

const secret = provisioner(
  { description: z.string(), kmsKeyId: z.string(), tags: Tags },
  async ({ secretsManager }, inputs, name) => {
    const { ARN, Name } = await secretsManager.send(
      new CreateSecretCommand({
        Name: physicalName(name),
        ...capitalize(inputs),
        Tags: tagList(inputs.tags),
      }),
    );
    const arn = present(ARN, 'the ARN of a secret');
    return { id: arn, state: { arn, name: Name } };
  },
);

const secretVersion = provisioner(
  { secretId: z.string(), secretString: SecretText },
  async ({ secretsManager }, inputs) => {
    const { VersionId } = await secretsManager.send(new PutSecretValueCommand(capitalize(inputs)));
    return { id: `${inputs.secretId}|${present(VersionId, 'the version of a secret')}` };
  },
);

export const secretsManagerProvisioners = {
  'aws:secretsmanager/secret:Secret': secret,
  'aws:secretsmanager/secretVersion:SecretVersion': secretVersion,
};
