import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalStackDescription } from '../../local/stack-description.ts';
import { sourceKinds } from '../../shared/crm/config.ts';
import { sendZendeskWebhook } from './send-webhook.ts';

const root = join(import.meta.dirname, '../..');
const PATH = [dirname(process.execPath), process.env['PATH']].join(':');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const run = (
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
) => {
  const { npm_lifecycle_event: _, ...inherited } = process.env;
  const child = spawn(command, args, {
    cwd: root,
    env: { ...inherited, PATH, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let written = '';
  child.stdout.on('data', (chunk) => {
    written += chunk;
  });
  const errors = text(child.stderr);
  return {
    child,
    stdout: () => written,
    errors,
    ended: once(child, 'exit').then(([code, signal]) => code ?? signal),
  };
};
const start = (args: readonly string[] = [], environment: Record<string, string> = {}) =>
  run(process.execPath, ['local/start.ts', ...args], environment);

const described = async (running: { stdout: () => string }): Promise<LocalStackDescription> => {
  await expect.poll(running.stdout, { timeout: 15_000 }).toMatch(/^\{.*\}\n/m);
  return JSON.parse(running.stdout().slice(running.stdout().indexOf('{')));
};

const isUp = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

describe('npm start', () => {
  it('with --json prints one line on stdout, the rest on stderr, and ends cleanly when told to', async () => {
    const running = start(['--json']);
    const stack = await described(running);
    expect(Object.keys(stack)).toEqual([
      'door',
      'taskrouter',
      'sqs',
      'queueUrl',
      'deadLetterQueueUrl',
      'eventBridge',
      'eventDeadLetterQueueUrl',
      'logs',
      'syncLogGroup',
      'secretsManager',
      'secrets',
      'accountSid',
      'apiKey',
      'apiSecret',
      'workspaceSid',
      'authToken',
      'taskEventsUrl',
      'region',
      'sources',
    ]);
    expect(stack).toMatchObject({
      accountSid: expect.stringMatching(/^AC[0-9a-f]{32}$/),
      apiKey: expect.stringMatching(/^SK[0-9a-f]{32}$/),
      workspaceSid: expect.stringMatching(/^WS[0-9a-f]{32}$/),
      region: 'us-east-1',
      sources: {
        zendesk: {
          kind: 'zendesk',
          transport: 'http',
          url: `${stack.webhooks}/webhooks/zendesk`,
          secret: expect.stringMatching(/^.{16,}$/),
          headers: ['x-zendesk-webhook-signature', 'x-zendesk-webhook-signature-timestamp'],
          signing: expect.stringContaining('HMAC-SHA256'),
          ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
          taskAttribute: 'zd_ticket_id',
        },
        generic: {
          kind: 'standard-webhooks',
          ticketUrl: 'https://tickets.example.com/{id}',
          taskAttribute: 'ticket_id',
        },
      },
    });
    expect(Object.values(stack.sources).map(({ kind }) => kind)).toEqual([...sourceKinds.keys()]);
    expect((await sendZendeskWebhook(stack, '1')).status).toBe(202);
    const before = Date.now();
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(Date.now() - before).toBeLessThan(3500);
    expect(running.stdout()).toBe(`${JSON.stringify(stack)}\n`);
    expect(await running.errors).toMatch(
      /^\d\d:\d\d:\d\d {2}crm-change {4}accepted {2}202 .*zendesk\/1$/m,
    );
  });

  it.each([
    ['zendesk=', 'The secret of zendesk is empty'],
    [
      'zendesk=dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
      "is published in the vendor's documentation",
    ],
    [
      'generic=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      "is published in the vendor's documentation",
    ],
    ['zendesk=short', 'The secret of zendesk has 5 characters'],
    ['generic=a secret in mere words', 'neither whsec_'],
    ['nobody=a secret of somebody', 'nobody is no source that signs'],
  ])('refuses --secret %s', async (secret, problem) => {
    const running = start(['--secret', secret]);
    expect(await running.ended).toBe(1);
    expect(await running.errors).toContain(problem);
    expect(running.stdout()).toBe('');
  });

  it('prints a first try that works as it is pasted', async () => {
    const running = start();
    await expect.poll(running.stdout, { timeout: 15_000 }).toContain('Ctrl-C stops');
    const [, pasted = ''] =
      /another terminal:\n\n([\s\S]*)\nWhat comes in/.exec(running.stdout()) ?? [];
    const { stdout } = await promisify(execFile)('bash', ['-c', pasted], { env: { PATH } });
    expect(stdout).toContain('"accepted":1');
    expect(stdout).toContain('"url": "https://acme.zendesk.com/agent/tickets/4711"');
    await expect.poll(running.stdout).toMatch(/sync {10}linked {2}zendesk\/4711/);
    running.child.kill('SIGINT');
    expect(await running.ended).toBe(0);
  });

  it('ends with npm, which was told to', async () => {
    const running = run('npm', ['start', '--silent', '--', '--json']);
    const stack = await described(running);
    expect(running.stdout()).toBe(`${JSON.stringify(stack)}\n`);
    running.child.kill('SIGTERM');
    await running.ended;
    await expect.poll(() => isUp(stack.webhooks), { timeout: 3500 }).toBe(false);
    await expect.poll(() => isUp(stack.taskrouter), { timeout: 3500 }).toBe(false);
  });

  it('takes the port of PORT, and says so when it is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const PORT = typeof address === 'object' ? `${address?.port}` : '';
    const refused = start([], { PORT });
    expect(await refused.ended).toBe(1);
    expect(await refused.errors).toContain(`Port ${PORT} is taken`);
    server.close();
    await once(server, 'close');
    expect((await described(start(['--json'], { PORT }))).webhooks).toBe(
      `http://127.0.0.1:${PORT}`,
    );
  });

  it.each([
    [['--jsn'], {}, '--jsn'],
    [[], { PORT: 'http' }, 'PORT=http'],
  ])('names what is wrong in %j %j', async (args, environment, named) => {
    const running = start(args, environment);
    expect(await running.ended).toBe(2);
    expect(await running.errors).toContain(named);
    expect(running.stdout()).toBe('');
  });

  it('explains itself', async () => {
    const running = start(['--help']);
    expect(await running.ended).toBe(0);
    expect(running.stdout()).toMatch(/^Usage: npm start/);
  });
});
