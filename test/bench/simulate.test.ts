import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quantile } from '../../bench/frame/bench.ts';
import { changeOf } from '../../bench/rig/workload.ts';
import { changeKinds, growing, growthOf, simulate } from '../../bench/simulate/run.ts';
import { dayCurve, hourShares, kneeOf, longestWait } from '../../bench/simulate/simulate.ts';
import { TicketChangeMessage } from '../../shared/messages/message.ts';
import { createSimulation } from '../pipeline/simulation.ts';

const root = join(import.meta.dirname, '../..');

describe('the simulated sync', () => {
  it('links a change in two round trips to TaskRouter and one to SQS, if nothing else is there', async () => {
    const { lags } = await simulate({ by: 'task SID', perSecond: 0.5, seconds: 60 });
    expect(lags.length).toBeGreaterThan(10);
    expect(new Set(lags)).toEqual(new Set([2 * 80 + 5]));
  });

  it('adds a search, and the window that gathers changes for it', async () => {
    const { lags } = await simulate({ by: 'call SID', perSecond: 0.5, seconds: 60 });
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(3 * 80 + 5);
    expect(Math.max(...lags)).toBe(1000 + 3 * 80 + 5);
  });

  it('is the same with the same seed, and another with another one', async () => {
    const load = { by: 'exclusive', perSecond: 20, seconds: 10 } as const;
    const [one, same, other] = [
      await simulate(load),
      await simulate(load),
      await simulate(load, {}, 2),
    ];
    expect(same).toEqual(one);
    expect(other.cameAt).not.toEqual(one.cameAt);
  });

  it.each(['task SID', 'call SID'] as const)(
    'makes the requests that the sync makes on the emulator for the same changes, by %s',
    async (by) => {
      const run = await simulate({ by, perSecond: 10, seconds: 6 });
      const { calls, countedCalls, changes } = run;
      const emulated = createSimulation();
      for (let index = 0; index < changes; index += 1) {
        const callSid = `CA${index.toString(16).padStart(32, '0')}`;
        const task = emulated.createTask({ call_sid: callSid });
        emulated.store.moveReservation(task, emulated.store.offer(task, 'Ana'), 'accepted');
        const message = changeOf(index, { taskSid: task.sid, callSid }, by, {}, emulated.now());
        emulated.enqueue(TicketChangeMessage.parse(message));
      }
      await emulated.drain(600);
      const { reads, writes } = emulated.calls;
      expect(run).toMatchObject({ calls: { reads, writes, rejected: 0 }, deadLetters: 0 });
      expect(calls.reads + calls.writes + calls.searches).toBe(countedCalls);
      expect(calls.searches > 0).toBe(by === 'call SID');
      expect(calls.searches).toBeLessThan(changes / 4);
    },
  );

  it.each(changeKinds)(
    'keeps up a tenth below the knee of the arithmetic and falls behind a quarter above it, by %s',
    async (by) => {
      const growthAt = async (share: number): Promise<number> => {
        const load = { by, perSecond: share * kneeOf(by), seconds: 16, warmUpSeconds: 5 };
        return growthOf(await simulate(load, { confirmAfterSeconds: [1, 3] }));
      };
      expect(await growthAt(0.9)).toBeLessThan(growing);
      expect(await growthAt(1.25)).toBeGreaterThan(growing);
    },
  );

  it('links every change when the account takes fewer requests at once than the sync makes', async () => {
    const load = { by: 'task SID', perSecond: 60, seconds: 5 } as const;
    const { calls, lags, changes } = await simulate(load, { accountRequests: 20 });
    expect(calls.atOnce).toBe(20);
    expect(calls.rejected).toBeGreaterThan(0);
    expect(lags).toHaveLength(changes);
    expect(quantile(lags, 0.5)).toBeGreaterThan(165);
  });
});

describe('a day', () => {
  it('has all of its changes, and they wait for what the busy hour has beyond the knee', () => {
    expect(hourShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 9);
    const busiest = Math.max(...hourShares.map((_, hour) => dayCurve(hour / 24)));
    const atKnee = kneeOf('call SID') / busiest;
    expect(longestWait('call SID', 0.99 * atKnee)).toBe(0);
    expect(longestWait('call SID', 1.2 * atKnee)).toBeCloseTo(0.2 * 3600, 6);
  });
});

it('npm run simulate -- --help explains the usage, and a wrong seed is an error', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'bench/simulate/simulate.ts'), ...args], {
      encoding: 'utf8',
    });
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--write') });
  expect(run('--seed', 'x')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--seed'),
  });
});
