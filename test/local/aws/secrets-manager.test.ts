import {
  GetSecretValueCommand,
  ListSecretsCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { startSecretsManager } from '../../../local/aws/secrets-manager.ts';

const ends: (() => unknown)[] = [];
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

const start = async (secrets: Record<string, string>) => {
  const { url, close } = await startSecretsManager(secrets);
  const client = new SecretsManagerClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  ends.push(async () => {
    client.destroy();
    await close();
  });
  return (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));
};

describe('the secrets', () => {
  it('are given to the AWS SDK by their name, as they are at that time', async () => {
    const secrets = { 'crm/zendesk': 'first' };
    const get = await start(secrets);
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
      const get = await start({});
      await expect(get(name)).rejects.toBeInstanceOf(ResourceNotFoundException);
    },
  );

  it('do nothing but GetSecretValue', async () => {
    const { url, close } = await startSecretsManager({});
    const client = new SecretsManagerClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
    ends.push(async () => {
      client.destroy();
      await close();
    });
    await expect(client.send(new ListSecretsCommand({}))).rejects.toThrow('only secretsmanager');
  });
});
