import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  account,
  operatorEnvironment,
  pulumiWith,
  stackOutputs,
  startEmulatorHarness,
  startOps,
} from './command-line.ts';
import { startDlqHarness } from './dlq/dlq-harness.ts';
import { startLocalQueues } from './doctor/doctor-harness.ts';

/** A stack at an emulator, and the environment of an operator who forces colours off a terminal. */
const startStack = async (outputs: object = {}) => {
  const { emulator, twilio } = await startEmulatorHarness();
  const path = await pulumiWith({ ...stackOutputs, taskRouterUrl: emulator.url, ...outputs });
  const environment = {
    path,
    ...operatorEnvironment,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    // picocolors colours a pipe if CI is set.
    CI: 'true',
  };
  return { environment, twilio };
};

describe('npm run ops, as a process', () => {
  it('prints its help', async () => {
    const { code, stdout, stderr } = await startOps(['--help']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['connect', 'dlq', 'doctor', 'explain']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    }
  });

  it('exits with 3 for the dry run of connect, without colours in a pipe', async () => {
    const { environment } = await startStack();
    const { code, stdout, stderr } = await startOps(['connect', '--stack', 'prod'], environment)
      .ended;
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout).toContain('Dry run');
    expect(stdout).not.toContain('\u001b');
  });

  it('prints an explained Task as one JSON document', async () => {
    const { environment, twilio } = await startStack();
    const made = await twilio(`Workspaces/${account.workspaceSid}/Tasks`, { Attributes: '{}' });
    const { sid } = made as { sid: string };
    const args = ['explain', sid, '--stack', 'prod', '--json'];
    const { code, stdout, stderr } = await startOps(args, environment).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ task: sid, status: 'pending', segments: [] });
  });

  it('exits with 4 after a failed check of doctor, without colours in a pipe', async () => {
    const queues = await startLocalQueues();
    const { queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl } = queues;
    await queues.sendMessage(deadLetterQueueUrl);
    const { environment } = await startStack({
      queueUrl,
      deadLetterQueueUrl,
      eventDeadLetterQueueUrl,
      sources: {},
    });
    const unreachable = 'http://127.0.0.1:9';
    const { code, stdout, stderr } = await startOps(['doctor', '--stack', 'prod'], {
      ...environment,
      AWS_ENDPOINT_URL_SQS: queues.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: unreachable,
      AWS_ENDPOINT_URL_CLOUDWATCH: unreachable,
      AWS_ENDPOINT_URL_SNS: unreachable,
    }).ended;
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
    expect(stdout).toMatch(/^ {2}✗ dead letters +1 in the dead-letter queue/m);
    expect(stdout).not.toContain('\u001b');
  });

  it('ends quietly if the reader of its pipe ends first', async () => {
    const harness = await startDlqHarness();
    await harness.sendDeadLetters([{ body: 'odd' }]);
    const { environment } = await startStack(harness.queueEndpoints);
    const { path, ...variables } = environment;
    // `:` reads nothing, so the command writes to a closed pipe.
    const script = '{ "$@"; echo "exit code $?" >&2; } | :';
    const ops = join(import.meta.dirname, '../../ops/ops.ts');
    const command = [process.execPath, ops, 'dlq', 'list', '--stack', 'prod', '--json', '--each'];
    const child = spawn('sh', ['-c', script, 'sh', ...command], {
      env: {
        ...variables,
        AWS_ENDPOINT_URL_SQS: harness.queues.url,
        PATH: `${path}:/usr/bin:/bin`,
      },
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    await once(child, 'close');
    expect(stderr).toBe('exit code 0\n');
  });
});
