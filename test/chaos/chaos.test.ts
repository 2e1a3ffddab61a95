import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const chaos = join(import.meta.dirname, './chaos.ts');
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [chaos, ...args], { timeout: 110_000 }).then(
    (ended) => ({ code: 0, ...ended }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
const number = expect.any(Number);

/** The processes that a process has started, by their ids. */
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
  it('keeps every promise, and ends with a line that says so', async () => {
    const { code, stdout, stderr } = await run('--events', '300', '--seed', '1');
    expect(stderr).not.toContain('Broken');
    expect(lastLine(stdout)).toEqual({
      seed: 1,
      events: 300,
      faults: number,
      kills: 3,
      linked: number,
      expired: number,
      deadLettered: number,
      replayed: number,
      lost: 0,
      foreignLost: 0,
      staleWins: 0,
      duplicates: 0,
      converged: true,
      twilioCalls: number,
      callsPerEvent: number,
    });
    const counts = lastLine(stdout) as Record<string, number>;
    for (const name of ['faults', 'linked', 'deadLettered', 'replayed', 'twilioCalls']) {
      expect(counts[name]).toBeGreaterThan(0);
    }
    expect(stderr).toMatch(/Interference: [1-9]\d* writes between the sync's read and write/);
    expect(stderr).toContain('npm run chaos -- --events 300 --seed 1 --faults 0.2\n');
    expect(stderr).not.toContain('\r');
    expect(code).toBe(0);
  }, 120_000);

  it.runIf(process.platform === 'linux')(
    'stops on Ctrl-C and leaves no process behind',
    async () => {
      const running = spawn(process.execPath, [chaos, '--events', '2000'], { stdio: 'ignore' });
      const ended = new Promise((resolve) => running.once('exit', resolve));
      const { pid = 0 } = running;
      await expect.poll(() => childrenOf(pid).length, { timeout: 20_000 }).toBeGreaterThan(0);
      await delay(2000);
      const children = childrenOf(pid);
      running.kill('SIGINT');
      expect(await ended).toBe(130);
      await expect.poll(() => children.filter(isRunning), { timeout: 2000 }).toEqual([]);
    },
    60_000,
  );

  it('teaches, and refuses what it does not know', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--faults <share>') });
    const wrong = await run('--events', 'many');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--events: must be an integer');
    expect(wrong.stderr).toContain('npm run chaos -- --help');
  });
});
