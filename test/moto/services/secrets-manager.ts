import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { runtime } from '@pulumi/pulumi';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { physicalName, present, provisioner, Tags, tagList, tagsOf } from '../provisioner.ts';

/** Text that Pulumi keeps as a secret. */
const SecretText = z
  .custom<object>(runtime.isRpcSecret, 'must be marked as a secret')
  .transform(runtime.unwrapRpcSecret)
  .pipe(z.string());

const secret = provisioner(
  z.strictObject({ description: z.string(), kmsKeyId: z.string(), tags: Tags }),
  async ({ secretsManager }, { description, kmsKeyId, tags }, name) => {
    const { ARN, Name } = await secretsManager.send(
      new CreateSecretCommand({
        Name: physicalName(name),
        Description: description,
        KmsKeyId: kmsKeyId,
        Tags: tagList(tags),
      }),
    );
    const arn = present(ARN, 'the ARN of a secret');
    return { id: arn, state: { arn, name: Name } };
  },
);

const secretVersion = provisioner(
  z.strictObject({ secretId: z.string(), secretString: SecretText }),
  async ({ secretsManager }, { secretId, secretString }) => {
    const { VersionId } = await secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretId, SecretString: secretString }),
    );
    return { id: `${secretId}|${present(VersionId, 'the version of a secret')}` };
  },
);

export const secretsManagerProvisioners = {
  'aws:secretsmanager/secret:Secret': secret,
  'aws:secretsmanager/secretVersion:SecretVersion': secretVersion,
};

/** All secrets: their present value parsed, key, tags. */
export const readSecrets = async ({ secretsManager }: Aws) => {
  const { SecretList = [] } = await secretsManager.send(new ListSecretsCommand());
  return Promise.all(
    SecretList.map(async ({ ARN, Name, KmsKeyId, Tags: tags }) => {
      const { SecretString } = await secretsManager.send(
        new GetSecretValueCommand({ SecretId: ARN }),
      );
      return {
        arn: ARN,
        name: Name,
        key: KmsKeyId,
        value: JSON.parse(SecretString ?? ''),
        tags: tagsOf(tags),
      };
    }),
  );
};
