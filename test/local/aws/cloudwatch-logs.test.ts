import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCloudWatchLogs } from '../../../local/aws/json-services.ts';

const start = async () => {
  const logs = await startCloudWatchLogs();
  const client = new CloudWatchLogsClient({
    endpoint: logs.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  onTestFinished(async () => {
    client.destroy();
    await logs.close();
  });
  return { logs, client };
};

describe('the logs', () => {
  it('give the AWS SDK the lines of a group with a field that equals a text, page by page', async () => {
    const { logs, client } = await start();
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
    const { logs, client } = await start();
    logs.createLogGroup('sync')('a line');
    const since = (startTime: number) =>
      client.send(new FilterLogEventsCommand({ logGroupName: 'sync', startTime }));
    expect((await since(Date.now() - 10_000)).events).toHaveLength(1);
    expect((await since(Date.now() + 10_000)).events).toHaveLength(0);
  });

  it('refuse a group that is not there, and a pattern that they do not understand', async () => {
    const { logs, client } = await start();
    logs.createLogGroup('sync');
    const ask = (logGroupName: string, filterPattern?: string) =>
      client.send(new FilterLogEventsCommand({ logGroupName, filterPattern }));
    await expect(ask('another')).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(ask('sync', '{ $.replay != "r1" }')).rejects.toThrow('$.field = "text"');
  });
});
