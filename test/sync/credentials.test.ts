import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createSyncProvider } from '../../lambdas/sync/handler.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { account } from '../local/taskrouter/client.ts';

const { workspaceSid, ...credentials } = account;

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
      DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:9/0/dead',
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
