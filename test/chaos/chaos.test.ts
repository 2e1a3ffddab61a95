import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chaosProgram, expectNoViolation, runChaosProgram } from './run-chaos.ts';

/** The ids of the processes that a process has started. */
const childrenOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);

const isRunning = (pid: string): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

describe('npm run chaos', () => {
  it('violates no invariant, and ends with a line that says so', async () => {
    const counts = await expectNoViolation(100, 1);
    for (const name of ['faults', 'linked', 'deadLettered', 'twilioCalls']) {
      expect(counts[name]).toBeGreaterThan(0);
    }
  });

  it.runIf(process.platform === 'linux')(
    'stops on Ctrl-C and leaves no process behind',
    async () => {
      const running = spawn(process.execPath, [chaosProgram, '--events', '2000'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      running.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const ended = new Promise((resolve) => running.once('exit', resolve));
      await expect.poll(() => stderr).toContain('running the plan:');
      const children = childrenOf(running.pid ?? 0);
      expect(children.length).toBeGreaterThan(0);
      running.kill('SIGINT');
      expect(await ended).toBe(130);
      await expect.poll(() => children.filter(isRunning)).toEqual([]);
    },
  );

  it('rejects a wrong option with exit code 2', async () => {
    const { code, stdout, stderr } = await runChaosProgram('--events', 'many');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--events: must be an integer');
    expect(stderr).toContain('npm run chaos -- --help');
  });
});
