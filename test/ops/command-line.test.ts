import { describe, expect, it } from 'vitest';
import {
  account,
  operatorEnvironment,
  pulumiWith,
  spawnOps,
  stackOutputs,
  startEmulatorHarness,
} from './command-line.ts';

const taskSid = `WT${'d'.repeat(32)}`;

const stackOf = async () => {
  const { emulator, twilio } = await startEmulatorHarness();
  const path = await pulumiWith({ ...stackOutputs, taskRouterUrl: emulator.url, webhooks: {} });
  return { environment: { path, ...operatorEnvironment, CI: 'true' }, twilio };
};

describe('npm run ops', () => {
  it.each([
    [['--help'], 'Commands:'],
    [['connect', '--help'], 'Examples:'],
    [['explain', '--help'], 'Examples:'],
  ])('%j teaches, and tells the exit codes', async (args, taught) => {
    const { code, stdout, stderr } = await spawnOps(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(taught);
    expect(stdout).toMatch(/^ {2}3 {2}a dry run found that changes would be made$/m);
  });

  it.each([
    [[]],
    [['conect']],
    [['explain']],
    [['explain', 'WT1']],
    [['explain', taskSid, '--yes']],
    [['connect', '--stack', 'prod', '--local']],
    [['connect', '--via', 'post']],
    [['connect', '--replace']],
    [['connect', '--via', 'callback', '--remove', '--replace']],
  ])('refuses the command line %j with 2', async (args) => {
    const { code, stdout, stderr } = await spawnOps(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/--help/);
  });

  it('connects a stack, and a second run finds nothing to do', async () => {
    const { environment, twilio } = await stackOf();
    const connect = ['connect', '--stack', 'prod'];
    expect(await spawnOps(connect, environment)).toMatchObject({ code: 3, stderr: '' });
    expect(await twilio('Sinks')).toMatchObject({ sinks: [] });
    const done = await spawnOps([...connect, '--yes', '--json'], environment);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({ deployment: 'stack prod', outcome: 'changed' });
    const again = await spawnOps(connect, environment);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('Nothing to do');
    expect(again.stdout).not.toContain('\u001b');
  });

  it('explains a Task as one JSON document', async () => {
    const { environment, twilio } = await stackOf();
    const made = await twilio(`Workspaces/${account.workspaceSid}/Tasks`, { Attributes: '{}' });
    const { sid } = made as { sid: string };
    const args = ['explain', sid, '--stack', 'prod', '--json'];
    const { code, stdout, stderr } = await spawnOps(args, environment);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ task: sid, status: 'pending', segments: [] });
  });

  it('tells of a Task that is gone in words, on stderr alone', async () => {
    const { environment } = await stackOf();
    const args = ['explain', taskSid, '--stack', 'prod', '--json'];
    const { code, stdout, stderr } = await spawnOps(args, environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`There is no Task ${taskSid}`);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
