import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commandRunner,
  fakePulumi,
  operatorEnvironment,
  pulumiWith,
  stackOutputs,
  startEmulatorHarness,
  temporaryFolder,
} from './command-line.ts';

describe('the local stack', () => {
  it('is the default deployment if it is running', async () => {
    const { ops } = await startEmulatorHarness();
    expect((await ops('connect')).stdout).toContain('the local stack');
    expect((await ops('connect', '--local')).stdout).toContain('the local stack');
  });

  it('that is not running leaves two options', async () => {
    const ops = commandRunner(await temporaryFolder());
    const { code, stdout, stderr } = await ops('connect');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('--stack <name>');
    expect(stderr).toContain('npm start');
    expect(await ops('connect', '--local')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not running'),
    });
  });

  it('that has ended is not running', async () => {
    const { ops, emulator } = await startEmulatorHarness();
    await emulator.close();
    expect(await ops('connect')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No deployment was named'),
    });
  });

  it('whose process was killed is not there, although its file is', async () => {
    const { pid } = spawnSync('true');
    const { ops } = await startEmulatorHarness({ pid });
    expect(await ops('connect', '--local')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The local stack is not running.'),
    });
  });

  it.each([
    ['{', 'must be JSON'],
    ['{"taskrouter":"http://127.0.0.1:1"}', 'taskEventsUrl'],
  ])('with the state file %s is not taken for one that is not running', async (text, named) => {
    const root = await temporaryFolder();
    await writeFile(join(root, '.local-stack.json'), text);
    const { code, stderr } = await commandRunner(root)('connect');
    expect(code).toBe(1);
    expect(stderr).toContain(named);
    expect(stderr).toContain('run it again');
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
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('`pulumi` was not found on PATH');
  });

  it('shows the error of pulumi', async () => {
    const path = await fakePulumi(`echo "error: no stack named '$6' found" >&2; exit 255`);
    const ended = await connect(path);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain("no stack named 'prod' found");
  });

  it.each([
    ['taskEventsUrl', undefined],
    ['taskEventsUrl', 'http://hooks.example.com'],
    ['taskEventsUrl', '[secret]'],
    ['workspaceSid', 'AC0'],
    ['taskRouterUrl', undefined],
    ['deadLetterQueueUrl', undefined],
    ['region', ''],
  ])('with the output %s of %s needs pulumi up', async (name, value) => {
    const ended = await connect(await pulumiWith({ ...stackOutputs, [name]: value }));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(name);
    expect(ended.stderr).toContain('pulumi up --stack prod');
  });

  it('needs JSON from pulumi', async () => {
    expect((await connect(await fakePulumi('echo hello'))).stderr).toContain('must be JSON');
  });
});
