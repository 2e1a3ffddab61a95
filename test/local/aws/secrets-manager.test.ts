import {
  GetSecretValueCommand,
  ListSecretsCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSecretsManager } from '../../../local/aws/json-services.ts';

const start = async (secrets: Record<string, string>) => {
  const { url, close } = await startSecretsManager(secrets);
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new SecretsManagerClient({ endpoint: url, region: 'eu-west-1', credentials });
  onTestFinished(async () => {
    client.destroy();
    await close();
  });
  const get = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));
  return { client, get };
};

describe('the secrets', () => {
  it('are given to the AWS SDK by their name, as they are at that time', async () => {
    const secrets = { 'crm/zendesk': 'first' };
    const { get } = await start(secrets);
    expect(await get('crm/zendesk')).toMatchObject({
      Name: 'crm/zendesk',
      SecretString: 'first',
      VersionStages: ['AWSCURRENT'],
    });
    secrets['crm/zendesk'] = 'second';
    expect(await get('crm/zendesk')).toMatchObject({ SecretString: 'second' });
  });

  it.each(['missing', 'toString'])(
    'that do not exist (%s) are ResourceNotFoundException',
    async (name) => {
      const { get } = await start({});
      await expect(get(name)).rejects.toBeInstanceOf(ResourceNotFoundException);
    },
  );

  it('do nothing but GetSecretValue', async () => {
    const { client } = await start({});
    await expect(client.send(new ListSecretsCommand({}))).rejects.toThrow('only secretsmanager');
  });
});
