import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCloudWatchLogs, startSecretsManager } from '../../../local/aws/services.ts';

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
const notFound = { name: 'ResourceNotFoundException' };

const startLogs = async () => {
  const logs = await startCloudWatchLogs();
  const client = new CloudWatchLogsClient({ endpoint: logs.url, region: 'us-east-1', credentials });
  onTestFinished(async () => {
    client.destroy();
    await logs.close();
  });
  return { logs, client };
};

describe('the logs', () => {
  it('give the AWS SDK the lines of a group with a field that equals a text, page by page', async () => {
    const { logs, client } = await startLogs();
    const write = logs.createLogGroup('sync');
    write('no JSON: r1');
    for (const [index, replay] of ['r1', 'r2', 'r1', 'r11', 'r1'].entries()) {
      write(JSON.stringify({ replay, index }));
    }
    write(JSON.stringify({ other: 'r1' }));
    const asked = { logGroupName: 'sync', filterPattern: '{ $.replay = "r1" }', limit: 2 };
    const first = await client.send(new FilterLogEventsCommand(asked));
    const { nextToken } = first;
    const second = await client.send(new FilterLogEventsCommand({ ...asked, nextToken }));
    expect(second.nextToken).toBeUndefined();
    const lines = [...(first.events ?? []), ...(second.events ?? [])];
    expect(lines.map(({ message = '' }) => JSON.parse(message).index)).toEqual([0, 2, 4]);
  });

  it('leave out what is older than asked for', async () => {
    const { logs, client } = await startLogs();
    logs.createLogGroup('sync')('a line');
    const since = (startTime: number) =>
      client.send(new FilterLogEventsCommand({ logGroupName: 'sync', startTime }));
    expect((await since(Date.now() - 10_000)).events).toHaveLength(1);
    expect((await since(Date.now() + 10_000)).events).toHaveLength(0);
  });

  it('refuse a group that is not there, and a pattern that they do not understand', async () => {
    const { logs, client } = await startLogs();
    logs.createLogGroup('sync');
    const ask = (logGroupName: string, filterPattern?: string) =>
      client.send(new FilterLogEventsCommand({ logGroupName, filterPattern }));
    await expect(ask('another')).rejects.toMatchObject(notFound);
    await expect(ask('sync', '{ $.replay != "r1" }')).rejects.toThrow('$.field = "text"');
  });
});

const startSecrets = async (secrets: Record<string, string>) => {
  const { url, close } = await startSecretsManager(secrets);
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
    const { get } = await startSecrets(secrets);
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
      const { get } = await startSecrets({});
      await expect(get(name)).rejects.toMatchObject(notFound);
    },
  );

  it('do nothing but GetSecretValue', async () => {
    const { client } = await startSecrets({});
    await expect(client.send(new ListSecretsCommand({}))).rejects.toThrow('only secretsmanager');
  });
});
