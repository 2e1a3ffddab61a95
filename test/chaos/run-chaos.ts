import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { syncKillPlaces } from './plan/plan.ts';
import { replayKillPlaces } from './run/replay.ts';

export const chaosProgram = join(import.meta.dirname, 'chaos.ts');

/** Runs `npm run chaos` to its end. */
export function runChaosProgram(...args: string[]) {
  return promisify(execFile)(process.execPath, [chaosProgram, ...args]).then(
    (ended) => ({ code: 0, ...ended }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

/** Checks that a run has violated no invariant. @returns the counts of its last line */
export async function expectNoViolation(
  events: number,
  seed: number,
): Promise<Readonly<Record<string, unknown>>> {
  const args = ['--events', `${events}`, '--seed', `${seed}`];
  const { code, stdout, stderr } = await runChaosProgram(...args);
  expect(stderr).not.toContain('An invariant is violated');
  const number = expect.any(Number);
  const counts: Record<string, unknown> = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(counts).toEqual({
    seed,
    events,
    faults: number,
    kills: number,
    syncKills: Object.fromEntries(syncKillPlaces.map((place) => [place, number])),
    replayKills: Object.fromEntries(replayKillPlaces.map((place) => [place, number])),
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
  expect(stderr).toContain(`npm run chaos -- --events ${events} --seed ${seed} --faults 0.2\n`);
  expect(stderr).not.toContain('\r');
  expect(code).toBe(0);
  return { ...counts, stderr };
}
