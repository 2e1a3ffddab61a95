import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../ops/deployment/deployment.ts';
import { toTaskRouterFailure } from '../../ops/task-router.ts';
import { InvalidResponse } from '../../shared/taskrouter/errors.ts';
import { commandRunner, startEmulatorHarness } from './command-line.ts';

const taskSid = `WT${'d'.repeat(32)}`;
const ops = commandRunner('/nowhere');

describe('the help', () => {
  it.each([
    [[], ['Commands:']],
    [['connect'], ['Examples:', '--via']],
    [['explain'], ['Examples:', '--all']],
    [['doctor'], ['Examples:', '--config']],
    [['dlq'], ['list', 'show', 'replay', 'purge']],
    [
      ['dlq', 'list'],
      ['Examples:', '--older-than'],
    ],
    [['dlq', 'show'], ['Examples:']],
    [
      ['dlq', 'replay'],
      ['Examples:', '--rate', 'Ctrl-C'],
    ],
    [
      ['dlq', 'purge'],
      ['Examples:', '--file'],
    ],
  ])('of %j has what an operator needs, and the exit codes', async (command, words) => {
    const { code, stdout, stderr } = await ops(...command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of words) expect(stdout).toContain(word);
    expect(stdout).toMatch(/^ {2}3 {2}dry run: there are changes to make$/m);
    expect(stdout).toMatch(/^ {2}4 {2}doctor found a failed check$/m);
  });
});

describe('a wrong command line', () => {
  it.each([
    [[], '--help'],
    [['conect'], '--help'],
    [['explain'], '--help'],
    [['explain', 'WT1'], '32 hexadecimal digits'],
    [['explain', taskSid, '--yes'], '--yes'],
    [['connect', '--stack', 'prod', '--local'], '--local'],
    [['connect', '--via', 'post'], 'event-streams'],
    [['connect', '--replace'], '--via callback'],
    [['connect', '--via', 'callback', '--remove', '--replace'], '--remove'],
    [['doctor', '--config'], '--stack'],
    [['doctor', '--ticket', 'zendesk=1'], '--stack'],
    [['doctor', '--stack', 'prod', '--ticket', 'zendesk'], '<source>=<ticket id>'],
    [['doctor', '--stack', 'prod', '--ticket', 'zendesk=a/b'], '<source>=<ticket id>'],
    [['doctor', '--stack', 'prod', '--ticket', 'Zendesk=1'], '<source>=<ticket id>'],
    [['doctor', '--local', '--profile', 'mine'], '--profile'],
    [['dlq', 'list', '--older-than', '2 hours'], '90s, 30m, 2h'],
    [['dlq', 'list', '--ticket', '4711'], '<source>/<id>'],
    [['dlq', 'list', '--source', 'Zen Desk'], 'lower-case'],
    [['dlq', 'list', '--id', 'ab'], '4 characters'],
    [['dlq', 'list', '--local', '--profile', 'me'], '--profile'],
    [['dlq', 'replay', '--rate', '0'], 'messages per second'],
    [['dlq', 'replay', '--limit', '1.5'], 'a whole number'],
    [['dlq', 'show', 'no id'], '4 characters'],
  ])('%j exits with 2 and says what to give', async (args, text) => {
    const { code, stdout, stderr } = await ops(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(text);
    expect(stderr).toContain('--help');
  });
});

describe('a failed read of a Task', () => {
  it('says that something else than TaskRouter may have answered', () => {
    const deployment = { taskRouterUrl: 'https://twilio.test' } as Deployment;
    const error = new InvalidResponse('GET Task: response without usable headers.etag');
    expect(toTaskRouterFailure(error, taskSid, deployment)).toMatchObject({
      message: expect.stringContaining('headers.etag. Something else than TaskRouter'),
      cause: error,
    });
  });
});

describe('a command that fails', () => {
  it('says so on stderr alone, without a stack trace', async () => {
    const { ops } = await startEmulatorHarness();
    const { code, stdout, stderr } = await ops('explain', taskSid, '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`There is no Task ${taskSid}`);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
