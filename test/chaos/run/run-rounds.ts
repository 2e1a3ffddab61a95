import type { ChaosOptions } from '../options.ts';
import { runChaos } from './run.ts';

/** Of one stack: its messages are tried again and again until some become dead letters. */
const killsPerRound = 100;

type Report = Awaited<ReturnType<typeof runChaos>>['report'];

/**
 * Runs plans with so many kills in all, each with a stack and a seed of its own. It ends with the first round that
 * violates an invariant.
 * @returns the sums of all rounds, and the violations in words
 */
export async function runRounds(
  options: ChaosOptions & { readonly kills: number },
  signal: AbortSignal,
  stream: Parameters<typeof runChaos>[2],
): Promise<Awaited<ReturnType<typeof runChaos>>> {
  const start = performance.now();
  const run = async (seed: number, kills: number) => {
    const round = await runChaos({ ...options, seed, kills }, signal, stream);
    stream.write(`seed ${seed}: ${JSON.stringify(round.report)}\n`);
    return round;
  };
  let { report, problems } = await run(options.seed, Math.min(killsPerRound, options.kills));
  for (let seed = options.seed + 1; problems.length === 0; seed += 1) {
    const minutes = ((performance.now() - start) / 60_000).toFixed(1);
    stream.write(`${report.kills} of ${options.kills} kills after ${minutes} minutes\n`);
    const left = options.kills - report.kills;
    if (left <= 0) break;
    const next = await run(seed, Math.min(killsPerRound, left));
    report = addReports(report, next.report);
    problems = next.problems.map((problem) => `seed ${seed}: ${problem}`);
  }
  return { report, problems };
}

function addReports(one: Report, other: Report): Report {
  const added = addCounts(one, other);
  return {
    ...added,
    seed: one.seed,
    callsPerEvent: Math.round((100 * added.twilioCalls) / added.events) / 100,
  };
}

/** Adds numbers at every depth; a condition holds if it holds for both. */
function addCounts<Counts extends object>(one: Counts, other: Counts): Counts {
  const entries = Object.entries(one).map(([name, value]) => {
    const added: unknown = Reflect.get(other, name);
    if (typeof value === 'number') return [name, value + Number(added)];
    return [name, typeof value === 'boolean' ? value && added : addCounts(value, Object(added))];
  });
  return Object.fromEntries(entries) as Counts;
}
