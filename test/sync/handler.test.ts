import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSyncProvider } from '../../lambdas/sync/handler.ts';
import { startSecretsManager } from '../../local/aws/services.ts';
import { account } from '../local/taskrouter/client.ts';
import { linkConfigs, ticketChange } from './messages.ts';
import { type SyncHarness, startSyncHarness, startWithTask } from './sync-harness.ts';

const script = fileURLToPath(new URL('./handler-process.ts', import.meta.url));
const { workspaceSid, ...credentials } = account;

const startHandler = async (harness: SyncHarness, environment: Record<string, string> = {}) => {
  const secrets = await startSecretsManager({
    twilio: JSON.stringify(credentials),
    broken: 'apiSecret=Jean Doe',
  });
  onTestFinished(() => secrets.close());
  const { url, queueUrls, deadLetterQueueUrl } = harness.queues;
  return async (event: SQSEvent) => {
    const process_ = spawn(process.execPath, [script], {
      env: {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_ENDPOINT_URL_SQS: url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        POWERTOOLS_SERVICE_NAME: 'sync',
        POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
        SOURCES: JSON.stringify(linkConfigs),
        QUEUE_URL: queueUrls.changes,
        LOOKUP_QUEUE: 'changes',
        DEAD_LETTER_QUEUE: deadLetterQueueUrl,
        TWILIO_SECRET: 'twilio',
        WORKSPACE_SID: workspaceSid,
        TASKROUTER_URL: harness.emulator.url,
        ...environment,
      },
    });
    process_.stdin.end(JSON.stringify(event));
    const [stdout, stderr, [code]] = await Promise.all([
      text(process_.stdout),
      text(process_.stderr),
      once(process_, 'exit'),
    ]);
    const lines = stdout.split('\n').filter(Boolean);
    return { lines: lines.map((line) => JSON.parse(line)), stderr, code };
  };
};

describe('the function', () => {
  it('runs with its environment variables only, and logs neither attributes nor links', async () => {
    const { harness, taskSid } = await startWithTask({ name: 'Jean Doe', zd_ticket_id: '1' });
    const start = await startHandler(harness);
    const attribute = { name: 'zd_ticket_id', value: '1' };
    await harness.send([ticketChange(1, { attribute }), '{"name":"Jean Doe"']);
    const { lines, stderr, code } = await start(await harness.receive());

    expect(code).toBe(0);
    expect(lines.at(-1)).toEqual({ batchItemFailures: [] });
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'outcome', outcome: 'linked', ticket: 'zendesk/1' }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ Linked: 1, Rejected: 1, TwilioCalls: 4, service: 'sync' }),
    );
    const warned = JSON.parse(stderr);
    expect(warned).toMatchObject({ level: 'WARN', message: 'outcome', outcome: 'rejected' });
    const output = JSON.stringify(lines) + stderr;
    for (const secret of ['Jean Doe', 'acme.zendesk']) expect(output).not.toContain(secret);
    expect(await harness.urlsOf(taskSid)).toHaveLength(1);
    expect(await harness.deadLetters()).toHaveLength(1);
  });

  it.each([
    [
      'its environment is wrong',
      { WORKSPACE_SID: 'WS1', CONCURRENT_REQUESTS: '0' },
      'WORKSPACE_SID',
    ],
    ['its secret is missing', { TWILIO_SECRET: 'nobody' }, "can't find the specified secret"],
    ['its secret is not valid', { TWILIO_SECRET: 'broken' }, 'Secret broken must hold'],
  ])('fails the whole batch, and says why, if %s', async (_what, environment, problem) => {
    const harness = await startSyncHarness();
    const start = await startHandler(harness, environment);
    const { code, stderr } = await start({ Records: [] });
    expect(code).not.toBe(0);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('Jean Doe');
  });
});

/** A sync that is asked for every five minutes: so often a secret is read. */
const provideWith = async (secrets: Record<string, string>) => {
  const { url, close } = await startSecretsManager(secrets);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', url);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(async () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    await close();
  });
  const currentSync = createSyncProvider(
    {
      SOURCES: '{}',
      QUEUE_URL: 'http://127.0.0.1:9/0/changes',
      LOOKUP_QUEUE: 'lookups',
      DEAD_LETTER_QUEUE: 'dead',
      TWILIO_SECRET: 'twilio',
      WORKSPACE_SID: workspaceSid,
    },
    new Logger({ logLevel: 'SILENT' }),
    new Metrics({ namespace: 'test' }),
  );
  return () => {
    vi.setSystemTime(Date.now() + 300_000);
    return currentSync();
  };
};

it('the sync keeps its client until the Twilio secret has another valid text', async () => {
  const secrets: Record<string, string> = {
    twilio: JSON.stringify({ ...credentials, apiKey: 'x' }),
  };
  const currentSync = await provideWith(secrets);
  await expect(currentSync()).rejects.toThrow('Secret twilio must hold');

  secrets['twilio'] = JSON.stringify(credentials);
  const first = await currentSync();
  expect(await currentSync()).toBe(first);

  secrets['twilio'] = JSON.stringify({ ...credentials, apiSecret: 'rotated' });
  const second = await currentSync();
  expect(second).not.toBe(first);

  secrets['twilio'] = 'a slip of the hand';
  expect(await currentSync()).toBe(second);
  delete secrets['twilio'];
  expect(await currentSync()).toBe(second);
});
