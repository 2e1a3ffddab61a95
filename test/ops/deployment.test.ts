import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import {
  commandRunner,
  failure,
  fakePulumi,
  operatorEnvironment,
  pulumiWith,
  stackOutputs,
  stackRunner,
  startEmulatorHarness,
  startOps,
  temporaryFolder,
} from './command-line.ts';
import { startDlqHarness } from './dlq/dlq-harness.ts';
import { stackAt } from './dlq/process-replay.ts';

describe('the local stack', () => {
  it('is the default deployment if it is running', async () => {
    const { ops } = await startEmulatorHarness();
    expect((await ops('connect')).stdout).toContain('the local stack');
    expect((await ops('connect', '--local')).stdout).toContain('the local stack');
  });

  it('that is not running leaves two options', async () => {
    const ops = commandRunner(await temporaryFolder());
    expect(await ops('connect')).toMatchObject(
      failure(/--stack <name>[\s\S]*npm start|npm start[\s\S]*--stack <name>/),
    );
    expect(await ops('connect', '--local')).toMatchObject(failure('is not running'));
  });

  it('that has ended is not running', async () => {
    const { ops, emulator } = await startEmulatorHarness();
    await emulator.close();
    expect(await ops('connect')).toMatchObject(failure('No deployment was named'));
  });

  it('whose process was killed is not there, although its file is', async () => {
    const { pid } = spawnSync('true');
    const { ops } = await startEmulatorHarness({ pid });
    expect(await ops('connect', '--local')).toMatchObject(
      failure('The local stack is not running.'),
    );
  });

  it.each([
    ['{', 'must be JSON'],
    ['{"taskrouter":"http://127.0.0.1:1"}', 'taskEventsUrl'],
  ])('with the state file %s is not taken for one that is not running', async (text, named) => {
    const root = await temporaryFolder();
    await writeFile(join(root, '.local-stack.json'), text);
    expect(await commandRunner(root)('connect')).toMatchObject(failure(named, 'run it again'));
  });
});

describe('a stack', () => {
  const connect = async (PATH: string, environment: Record<string, string> = operatorEnvironment) =>
    commandRunner(await temporaryFolder(), { ...environment, PATH: `${PATH}:/usr/bin:/bin` })(
      'connect',
      '--stack',
      'prod',
    );

  it('needs an API key: all missing variables are named together, and no value', async () => {
    const ended = await connect(await pulumiWith(stackOutputs), {
      TWILIO_API_KEY: 'SK-mistyped',
      TWILIO_API_SECRET: '',
    });
    expect(ended.code).toBe(1);
    for (const name of Object.keys(operatorEnvironment)) expect(ended.stderr).toContain(name);
    expect(ended.stderr).not.toContain('SK-mistyped');
  });

  it('needs pulumi', async () => {
    const ended = await connect(await temporaryFolder());
    expect(ended).toMatchObject(failure('`pulumi` was not found on PATH'));
  });

  it('shows the error of pulumi', async () => {
    const path = await fakePulumi(`echo "error: no stack named '$6' found" >&2; exit 255`);
    expect(await connect(path)).toMatchObject(failure("no stack named 'prod' found"));
  });

  it.each([
    ['taskEventsUrl', undefined],
    ['taskEventsUrl', 'http://hooks.example.com'],
    ['taskEventsUrl', '[secret]'],
    ['workspaceSid', 'AC0'],
    ['taskRouterUrl', undefined],
    ['deadLetterQueueUrl', undefined],
    ['region', ''],
  ])('with the output %s of %s needs npm run up', async (name, value) => {
    const ended = await connect(await pulumiWith({ ...stackOutputs, [name]: value }));
    expect(ended).toMatchObject(failure(name, 'npm run up -- --stack prod'));
  });

  it('that is not deployed, a wrong profile and no DNS each get one plain line', async () => {
    const list = async (outputs: object, ...args: readonly string[]) => {
      const environment = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' };
      const ops = await stackRunner(await pulumiWith(outputs), environment);
      const { code, stdout, stderr } = await ops(...args, '--stack', 'prod');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      return stderr.split('\n');
    };
    expect(await list({}, 'dlq', 'list')).toEqual([
      'Stack prod is not deployed: it has no outputs.',
      'Deploy it: npm run up -- --stack prod',
      '',
    ]);
    expect(await list(stackOutputs, 'doctor', '--profile', 'mistyped')).toEqual([
      'The AWS profile mistyped gives no credentials.',
      expect.stringContaining('aws sso login --profile mistyped'),
      '',
    ]);
    const unresolved = {
      ...stackOutputs,
      queueUrls: {
        changes: 'https://sqs.invalid/1/changes',
        lookups: 'https://sqs.invalid/1/lookups',
      },
    };
    const twilio = { taskRouterUrl: 'https://taskrouter.invalid' };
    expect(await list({ ...unresolved, ...twilio }, 'doctor')).toEqual([
      'This machine cannot resolve taskrouter.invalid and sqs.invalid.',
      'Check the network, the VPN and the DNS of this machine.',
      '',
    ]);
  });

  it('whose SQS has an endpoint of its own is asked there, without a warning', async () => {
    const { queues } = await startDlqHarness();
    const warn = vi.spyOn(console, 'warn');
    const url = (name: string) => `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;
    const outputs = {
      ...stackOutputs,
      queueUrls: { changes: url('changes'), lookups: url('lookups') },
      deadLetterQueueUrl: url('dead'),
    };
    const ops = await stackRunner(await pulumiWith(outputs), { AWS_ENDPOINT_URL_SQS: queues.url });
    expect(await ops('dlq', 'list', '--stack', 'prod')).toMatchObject({ code: 0, stderr: '' });
    expect(warn).not.toHaveBeenCalled();
  });

  it('needs JSON from pulumi', async () => {
    expect(await connect(await fakePulumi('echo hello'))).toMatchObject(failure('must be JSON'));
  });
});

const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
const { scripts } = z.object({ scripts: z.object({ up: z.string() }) }).parse(JSON.parse(text));

it.each([
  ['the program that PULUMI names', ['own', 'pulumi', 'npx'], /^own up --diff$/],
  ['pulumi on the PATH', ['pulumi', 'npx'], /^pulumi up --diff$/],
  ["Pulumi's own package, fixed", ['npx'], /^npx --yes pulumi@3\.\d+\.\d+ up --diff$/],
])('npm run up runs %s', async (_, programs, expected) => {
  const PATH = await temporaryFolder();
  for (const name of programs) {
    const program = `#!/bin/sh\necho ${name} "$@"\n`;
    await writeFile(join(PATH, name), program, { mode: 0o755 });
  }
  const env = { PATH, PULUMI: programs.includes('own') ? join(PATH, 'own') : '' };
  // npm adds the arguments to the script.
  const { stdout } = spawnSync('/bin/sh', ['-c', `${scripts.up} --diff`], { env });
  expect(String(stdout).trim()).toMatch(expected);
  // A package of ours would come before the pulumi of the machine.
  expect(text).not.toMatch(/"pulumi":/);
});

describe('npm run ops, as a process', () => {
  it('exits with 3 for the dry run of connect, without colours in a pipe', async () => {
    const { emulator } = await startEmulatorHarness();
    const path = await pulumiWith({ ...stackOutputs, taskRouterUrl: emulator.url });
    // picocolors colours a pipe if CI is set.
    const environment = { path, ...operatorEnvironment, CI: 'true' };
    const { code, stdout, stderr } = await startOps(['connect', '--stack', 'prod'], environment)
      .ended;
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout).toContain('Dry run');
    expect(stdout).not.toContain('\u001b');
  });

  it('ends quietly if the reader of its pipe ends first', async () => {
    const harness = await startDlqHarness();
    await harness.sendDeadLetters([{ body: 'odd' }]);
    const { path, ...variables } = await stackAt(harness.queues.url, harness.queueEndpoints);
    // `:` reads nothing, so the command writes to a closed pipe.
    const script = '{ "$@"; echo "exit code $?" >&2; } | :';
    const ops = join(import.meta.dirname, '../../ops/ops.ts');
    const command = [process.execPath, ops, 'dlq', 'list', '--stack', 'prod', '--json', '--each'];
    const child = spawn('sh', ['-c', script, 'sh', ...command], {
      env: { ...variables, PATH: `${path}:/usr/bin:/bin` },
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    await once(child, 'close');
    expect(stderr).toBe('exit code 0\n');
  });
});
