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

describe('the embedded world', () => {
  it('is what a command is about where it runs and nothing else is named', async () => {
    const { ops } = await startEmulatorHarness();
    expect((await ops('connect')).stdout).toContain('the embedded world');
    expect((await ops('connect', '--local')).stdout).toContain('the embedded world');
  });

  it('that is not there leaves two ways to go', async () => {
    const ops = commandRunner(await temporaryFolder());
    const { code, stdout, stderr } = await ops('connect');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('--stack <name>');
    expect(stderr).toContain('npm start');
    expect(await ops('connect', '--local')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not run'),
    });
  });

  it('that has ended is not there', async () => {
    const { ops, emulator } = await startEmulatorHarness();
    await emulator.close();
    expect(await ops('connect')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Which deployment?'),
    });
  });

  it.each([
    ['{', 'must be JSON'],
    ['{"taskrouter":"http://127.0.0.1:1"}', 'taskEventsUrl'],
  ])('described as %s is told apart from one that does not run', async (text, named) => {
    const root = await temporaryFolder();
    await writeFile(join(root, '.world.json'), text);
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

  it('needs an API key: all that is lacking is named together, and no value', async () => {
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
    expect(ended.stderr).toContain('pulumi is not on the PATH');
  });

  it('that pulumi does not know is told in its words', async () => {
    const path = await fakePulumi(`echo "error: no stack named '$6' found" >&2; exit 255`);
    const ended = await connect(path);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain("no stack named 'prod' found");
  });

  it.each([
    ['taskEventsUrl', undefined],
    ['taskEventsUrl', 'http://door.example.com'],
    ['taskEventsUrl', '[secret]'],
    ['workspaceSid', 'AC0'],
    ['taskRouterUrl', undefined],
    ['deadLetterQueueUrl', undefined],
    ['region', ''],
  ])('whose output %s is %s has to be brought up to date', async (name, value) => {
    const ended = await connect(await pulumiWith({ ...stackOutputs, [name]: value }));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(name);
    expect(ended.stderr).toContain('pulumi up --stack prod');
  });

  it('that does not tell JSON is of no use', async () => {
    expect((await connect(await fakePulumi('echo hello'))).stderr).toContain('must be JSON');
  });
});
