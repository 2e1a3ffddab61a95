import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { account } from '../local/taskrouter/client.ts';
import { ticketChange } from './messages.ts';
import { type SyncHarness, startSyncHarness } from './sync-harness.ts';

const script = fileURLToPath(new URL('./handler-process.ts', import.meta.url));
const { workspaceSid, ...credentials } = account;

const startHandler = async (harness: SyncHarness, environment: Record<string, string> = {}) => {
  const secrets = await startSecretsManager({
    twilio: JSON.stringify(credentials),
    broken: 'apiSecret=Jean',
  });
  onTestFinished(() => secrets.close());
  const { url, queueUrl, deadLetterQueueUrl } = harness.queues;
  return (event: SQSEvent) => {
    const process_ = spawn(process.execPath, [script], {
      env: {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_ENDPOINT_URL_SQS: url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        POWERTOOLS_SERVICE_NAME: 'sync',
        POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
        QUEUE_URL: queueUrl,
        DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
        TWILIO_SECRET: 'twilio',
        WORKSPACE_SID: workspaceSid,
        TASKROUTER_URL: harness.emulator.url,
        ...environment,
      },
    });
    process_.stdin.end(JSON.stringify(event));
    const ended = Promise.all([
      text(process_.stdout),
      text(process_.stderr),
      once(process_, 'exit'),
    ]);
    return {
      kill: () => process_.kill('SIGKILL'),
      ended: ended.then(([stdout, stderr, [code, signal]]) => ({
        lines: stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
        stderr,
        code,
        signal,
      })),
    };
  };
};

describe('the function', () => {
  it('runs with its environment variables only, and logs neither attributes nor links', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({ name: 'Jean Doe', zd_ticket_id: 'ABC' });
    const start = await startHandler(harness);
    const attribute = { name: 'zd_ticket_id', value: 'ABC' };
    await harness.send([ticketChange(1, { attribute }), '{"name":"Jean Doe"']);
    const { lines, stderr, code } = await start(await harness.receive()).ended;

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
    for (const secret of ['Jean', 'acme', 'ABC']) expect(output).not.toContain(secret);
    expect(await harness.urlsOf(taskSid)).toHaveLength(1);
    expect(await harness.deadLetters()).toHaveLength(1);
  });

  it('changes nothing when the batch is delivered again after it was killed during its write', async () => {
    const updated = Promise.withResolvers<void>();
    const isKilled = Promise.withResolvers<void>();
    const harness = await startSyncHarness(
      {
        onUpdate: async () => {
          updated.resolve();
          await isKilled.promise;
        },
      },
      { visibilitySeconds: 1 },
    );
    const taskSid = await harness.createTask({ name: 'Jean Doe' });
    const start = await startHandler(harness);
    await harness.send([ticketChange(1, { taskSid }), ticketChange(2, { taskSid })]);

    const first = start(await harness.receive());
    await updated.promise;
    first.kill();
    expect((await first.ended).signal).toBe('SIGKILL');
    isKilled.resolve();
    const { etag, attributes } = await harness.fetchTask(taskSid);
    expect(await harness.urlsOf(taskSid)).toHaveLength(2);

    const again: SQSRecord[] = [];
    await vi.waitFor(
      async () => {
        again.push(...(await harness.receive()).Records);
        expect(again).toHaveLength(2);
      },
      { timeout: 30_000, interval: 100 },
    );
    expect(again.map(({ attributes: a }) => a.ApproximateReceiveCount)).toEqual(['2', '2']);
    const { lines } = await start({ Records: again }).ended;
    expect(lines.at(-1)).toEqual({ batchItemFailures: [] });
    expect(lines.filter(({ outcome }) => outcome === 'unchanged')).toHaveLength(2);
    expect(await harness.fetchTask(taskSid)).toMatchObject({ etag, attributes });
    expect((await harness.stats()).calls.updateTask).toBe(1);
  });

  it.each([
    [
      'its environment is not valid',
      { WORKSPACE_SID: 'WS1', TASKS_IN_PARALLEL: '0' },
      'WORKSPACE_SID',
    ],
    ['its secret is missing', { TWILIO_SECRET: 'nobody' }, "can't find the specified secret"],
    ['its secret is not valid', { TWILIO_SECRET: 'broken' }, 'Secret broken must hold'],
  ])('fails the whole batch, and says why, if %s', async (_what, environment, problem) => {
    const harness = await startSyncHarness();
    const start = await startHandler(harness, environment);
    const { code, stderr } = await start({ Records: [] }).ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('Jean');
  });
});
