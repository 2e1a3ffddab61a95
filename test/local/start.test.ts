import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LocalStackDescription } from '../../local/stack-description.ts';
import { runStart, type StartOptions } from '../../local/start/run.ts';
import { sourceKinds } from '../../shared/crm/config.ts';
import { sendZendeskWebhook } from './send-webhook.ts';
import { isUp, onceAtEnd } from './serve.ts';

const projectRoot = join(import.meta.dirname, '../..');
const PATH = [dirname(process.execPath), process.env['PATH']].join(':');
const stateFile = '.local-stack.json';
const settingsFile = '.local-stack-settings.json';

const temporaryFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'start-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

/** Runs `npm start` in this process. */
const start = async (root: string, options: Partial<StartOptions> = {}) => {
  let printed = '';
  const lines: string[] = [];
  const { close } = await runStart(
    { json: true, open: false, consoleHost: '127.0.0.1', port: undefined, secrets: {}, ...options },
    {
      root,
      print: async (output) => {
        printed += output;
      },
      log: (line) => lines.push(line),
    },
  );
  return { close: onceAtEnd(close), printed, lines };
};
const describeStack = ({ printed }: { printed: string }): LocalStackDescription =>
  JSON.parse(printed);
const readJson = async (root: string, file: string) =>
  JSON.parse(await readFile(join(root, file), 'utf8'));

/** Uses a port as another process would. */
const occupyPort = async (port = 0) => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
};

describe('npm start', () => {
  it('prints one line of JSON with everything that a client needs', async () => {
    const running = await start(await temporaryFolder());
    const stack = describeStack(running);
    expect(running.printed).toBe(`${JSON.stringify(stack)}\n`);
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
    await expect
      .poll(() => running.lines.join('\n'))
      .toMatch(/^\d\d:\d\d:\d\d {2}crm-change {4}accepted {2}202 .*zendesk\/1$/m);
  });

  it('keeps ports, account and secrets; PORT and --secret are for one start only', async () => {
    const root = await temporaryFolder();
    const first = await start(root);
    await first.close();
    const given = await start(root, { secrets: { zendesk: 'a secret of sixteen' }, port: 0 });
    const zendesk = { secret: 'a secret of sixteen' };
    expect(describeStack(given).sources).toMatchObject({ zendesk });
    expect(describeStack(given).webhooks).not.toBe(describeStack(first).webhooks);
    await given.close();
    expect((await start(root)).printed).toBe(first.printed);
    expect((await stat(join(root, settingsFile))).mode & 0o777).toBe(0o600);
  });

  it('takes a free port for one that another process uses now', async () => {
    const root = await temporaryFolder();
    const first = await start(root);
    await first.close();
    await occupyPort(Number(new URL(describeStack(first).sqs).port));
    const stack = describeStack(await start(root));
    expect(stack.sqs).not.toBe(describeStack(first).sqs);
    expect(stack.taskrouter).toBe(describeStack(first).taskrouter);
  });

  it.each(['{', '{"ports":{}}'])(
    'ignores saved settings that it cannot read: %s',
    async (saved) => {
      const root = await temporaryFolder();
      await writeFile(join(root, settingsFile), saved);
      const stack = describeStack(await start(root));
      expect(await readJson(root, settingsFile)).toMatchObject({
        account: { apiKey: stack.apiKey },
      });
    },
  );

  it('writes its process id and the same JSON to the state file, and removes it at the end', async () => {
    const root = await temporaryFolder();
    const running = await start(root);
    expect(await readJson(root, stateFile)).toEqual({
      pid: process.pid,
      ...describeStack(running),
    });
    expect((await stat(join(root, stateFile))).mode & 0o777).toBe(0o600);
    await running.close();
    await expect(readFile(join(root, stateFile))).rejects.toThrow('ENOENT');
  });

  it('does not start a second time, and says which process runs and where', async () => {
    const root = await temporaryFolder();
    const { webhooks } = describeStack(await start(root));
    await expect(start(root)).rejects.toThrow(
      `npm start is already running: process ${process.pid}, webhooks at ${webhooks}.`,
    );
  });

  it('starts beside a running stack if a port is given, and leaves its files alone', async () => {
    const root = await temporaryFolder();
    const first = describeStack(await start(root));
    const files = () => Promise.all([stateFile, settingsFile].map((file) => readJson(root, file)));
    const before = await files();
    const second = await start(root, { port: 0 });
    const urls = [first, describeStack(second)].flatMap((stack) => [
      stack.webhooks,
      stack.taskrouter,
      stack.sqs,
      stack.eventBridge,
      stack.logs,
      stack.secretsManager,
      stack.lambda,
      stack.console,
    ]);
    expect(new Set(urls).size).toBe(urls.length);
    await second.close();
    expect(await files()).toEqual(before);
  });

  it('replaces the state file of a process that is gone', async () => {
    const root = await temporaryFolder();
    const { pid } = spawnSync('true');
    const { webhooks, taskrouter } = describeStack(await start(await temporaryFolder()));
    await writeFile(join(root, stateFile), JSON.stringify({ pid, webhooks, taskrouter }));
    await start(root);
    expect(await readJson(root, stateFile)).toMatchObject({ pid: process.pid });
  });

  it('says which port is in use', async () => {
    const port = await occupyPort();
    await expect(start(await temporaryFolder(), { port })).rejects.toThrow(
      `Port ${port} is already in use`,
    );
  });

  it.each([
    ['zendesk', 'short', 'The secret of zendesk has 5 characters'],
    ['nobody', 'a secret of somebody', 'nobody is not a source with a signing secret'],
  ])('rejects the secret %s=%s', async (source, secret, problem) => {
    const secrets = { [source]: secret };
    await expect(start(await temporaryFolder(), { secrets })).rejects.toThrow(problem);
  });
});

it('npm start prints the console’s address and three lines for a person, and no secret', async () => {
  const running = await start(await temporaryFolder(), { json: false });
  const plain = stripVTControlCharacters(running.printed);
  const [, url = ''] = /Console {2}(\S+)\n/.exec(plain) ?? [];
  expect(plain.trim().split('\n').filter(Boolean).length).toBe(5);
  expect(plain).not.toMatch(/secret\s+\S{16}|SK[0-9a-f]{32}/);
  const page = await fetch(url);
  expect(await page.text()).toContain('<title>crm-media-sync</title>');
});

/** Starts a program in the project's folder. PORT lets it start beside a stack that runs there. */
const run = (command: string, args: readonly string[]) => {
  const { npm_lifecycle_event: _, ...inherited } = process.env;
  const child = spawn(command, args, {
    cwd: projectRoot,
    env: { ...inherited, PATH, NO_COLOR: '1', PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  return {
    child,
    stdout: () => stdout,
    stderr: text(child.stderr),
    ended: once(child, 'exit').then(([code, signal]) => code ?? signal),
  };
};

describe('the program npm start', () => {
  it('keeps stdout for the JSON, and ends with exit code 0 on a signal', async () => {
    const running = run(process.execPath, ['local/start.ts', '--json']);
    await expect.poll(running.stdout).toMatch(/^\{.*\}\n$/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(await running.stderr).toMatch(/^Starting the local stack …\n/);
  });

  it('ends with npm', async () => {
    const running = run('npm', ['start', '--silent', '--', '--json']);
    await expect.poll(running.stdout).toMatch(/^\{.*\}\n$/);
    const stack = describeStack({ printed: running.stdout() });
    running.child.kill('SIGTERM');
    await running.ended;
    await expect.poll(() => isUp(stack.webhooks)).toBe(false);
    await expect.poll(() => isUp(stack.taskrouter)).toBe(false);
  });

  it('ends quietly when the reader of its output has read enough', async () => {
    const running = run(process.execPath, ['local/start.ts']);
    await once(running.child.stdout, 'data');
    running.child.stdout.destroy();
    expect(await running.ended).toBe(0);
    expect(await running.stderr).toBe('');
  });

  it('rejects an unknown option with exit code 2', async () => {
    const running = run(process.execPath, ['local/start.ts', '--jsn']);
    expect(await running.ended).toBe(2);
    expect(await running.stderr).toContain('--jsn: unknown option');
    expect(running.stdout()).toBe('');
  });
});
