import { expect, it } from 'vitest';
import type { Deployment } from '../../ops/deployment/deployment.ts';
import { toTaskRouterFailure } from '../../ops/task-router.ts';
import { apiUrlOf } from '../../ops/twilio.ts';
import { InvalidResponse } from '../../shared/taskrouter/errors.ts';
import { commandRunner, failure, startEmulatorHarness } from './command-line.ts';

const taskSid = `WT${'d'.repeat(32)}`;
const ops = commandRunner('/nowhere');

/** The command lines of all commands: groups and their commands too. */
const allCommands = async (group: readonly string[] = []): Promise<(readonly string[])[]> => {
  const { stdout } = await ops(...group, '--help');
  const [, list = ''] = stdout.split('Commands:\n');
  const names = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => [...group, name]);
  return [...names, ...(await Promise.all(names.map(allCommands))).flat()];
};

it('the help of every command shows examples first, and leaves exit codes to the first help', async () => {
  const commands = await allCommands();
  expect(commands).toContainEqual(['dlq', 'replay']);
  for (const command of commands) {
    const { code, stdout, stderr } = await ops(...command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(`^Examples:\n {2}npm run (--silent )?ops -- ${command.join(' ')} `),
    );
    expect(stdout).not.toContain('Exit codes');
    const examples = stdout.match(/^ {2}.*npm run .*ops -- .*$/gm) ?? [];
    if (stdout.includes('--stack <name>')) {
      expect(examples.filter((example) => !/ --(stack|local)\b/.test(example))).toEqual([]);
    }
  }
  const first = await ops('--help');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/^ {2}3 {2}dry run: there are changes to make$/m);
});

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
  [['console', '--port', '65536'], '0 to 65535'],
  [['console', '--host', 'localhost'], 'an IP address'],
  [['doctor', '--config'], '--stack'],
  [['doctor', '--ticket', 'zendesk=1'], '--stack'],
  [['doctor', '--stack', 'prod', '--ticket', 'zendesk'], '<source>=<ticket id>'],
  [['doctor', '--stack', 'prod', '--ticket', 'zendesk=a/b'], '<source>=<ticket id>'],
  [['doctor', '--stack', 'prod', '--ticket', 'Zendesk=1'], '<source>=<ticket id>'],
  [['doctor', '--local', '--profile', 'mine'], '--profile'],
  [['doctor', '--profile', 'mine'], 'need --stack'],
  [['dlq', 'purge', '--region', 'eu-west-1'], 'need --stack'],
  [['dlq', 'list', '--older-than', '2 hours'], '90s, 30m, 2h'],
  [['dlq', 'list', '--ticket', '4711'], '<source>/<id>'],
  [['dlq', 'list', '--source', 'Zen Desk'], 'lower-case'],
  [['dlq', 'list', '--id', 'ab'], '4 characters'],
  [['dlq', 'list', '--local', '--profile', 'me'], '--profile'],
  [['dlq', 'replay', '--rate', '0'], 'messages per second'],
  [['dlq', 'replay', '--limit', '1.5'], 'a whole number'],
  [['dlq', 'show', 'no id'], '4 characters'],
])('a wrong command line %j exits with 2 and says what to give', async (args, text) => {
  const { code, stdout, stderr } = await ops(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(text);
  expect(stderr).toContain('--help');
});

it('a failed read of a Task says that something other than TaskRouter may have answered', () => {
  const deployment = { taskRouterUrl: 'https://twilio.test' } as Deployment;
  const error = new InvalidResponse('GET Task: response without usable headers.etag');
  expect(toTaskRouterFailure(error, taskSid, deployment)).toMatchObject({
    message: expect.stringContaining('headers.etag. Something other than TaskRouter'),
    cause: error,
  });
});

it('a command that fails says so on stderr alone, without a stack trace', async () => {
  const { ops } = await startEmulatorHarness();
  const ended = await ops('explain', taskSid, '--json');
  expect(ended).toMatchObject(failure(`There is no Task ${taskSid}`));
  expect(ended.stderr).not.toMatch(/^ +at /m);
});

it.each([
  ['https://taskrouter.twilio.com', 'https://events.twilio.com'],
  ['https://taskrouter.dublin.ie1.twilio.com', 'https://events.dublin.ie1.twilio.com'],
  ['http://127.0.0.1:4040', 'http://127.0.0.1:4040'],
])('Event Streams beside %s is at %s', (taskRouter, events) => {
  expect(apiUrlOf('events', taskRouter)).toBe(events);
});
