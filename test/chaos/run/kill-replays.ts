import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../plan/random.ts';
import { type ReplayKillPlace, replayKillPlaces } from './replay.ts';
import type { ReplayOrder } from './replay-process.ts';

/** At the end of a replay there may be no dead letters left: the next one may find some again. */
const maxReplaysPerKill = 4;

const maxTimes = 3;

const maxKillAfterMs = 120;

/**
 * Replays the dead letters in processes of their own, and kills so many of them (SIGKILL), in turn at each place. The
 * next process is loaded while one runs.
 */
export async function killReplays(
  kills: number,
  seed: number,
  queues: Omit<ReplayOrder, 'place' | 'times'>,
  counts: Record<ReplayKillPlace, number>,
  signal: AbortSignal,
): Promise<void> {
  const random = createRandom(seed);
  const start = () => fork(join(import.meta.dirname, 'replay-process.ts'));
  let standby = start();
  try {
    let killed = 0;
    for (let replay = 0; killed < kills && replay < kills * maxReplaysPerKill; replay += 1) {
      signal.throwIfAborted();
      const replaying = standby;
      standby = start();
      const place = replayKillPlaces[killed % replayKillPlaces.length] ?? 'anyMoment';
      const exited = once(replaying, 'exit');
      const order: ReplayOrder = { ...queues, place, times: random.between(1, maxTimes) };
      await new Promise((resolve) => replaying.send(order, resolve));
      if (place === 'anyMoment') {
        await delay(random.between(0, maxKillAfterMs));
        replaying.kill('SIGKILL');
      }
      const [code, endedBy] = await exited;
      if (endedBy === null && code !== 0) throw new Error(`A replay ended with exit code ${code}`);
      if (endedBy !== 'SIGKILL') continue;
      killed += 1;
      counts[place] += 1;
    }
  } finally {
    standby.kill('SIGKILL');
  }
}
