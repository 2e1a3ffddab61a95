import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  operatorEnvironment,
  pulumiWith,
  stackOutputs,
  startEmulatorHarness,
  startOps,
} from './command-line.ts';
import { startDlqHarness } from './dlq/dlq-harness.ts';
import { stackAt } from './dlq/process-replay.ts';

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
