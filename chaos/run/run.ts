import { queueDepth } from '../../ops/aws/queue-depth.ts';
import type { ChaosRun } from '../chaos-options.ts';
import { judge } from '../judge/judge.ts';
import { drawPlan } from '../plan/draw-plan.ts';
import { isEvent } from '../plan/plan.ts';
import { startChaosWorld } from '../world/chaos-world.ts';
import { crms as openCrms } from '../world/crm.ts';
import { casesOf } from './cases.ts';
import { showProgress } from './progress.ts';
import { reportOf } from './report.ts';
import { settleDown } from './settle-down.ts';
import { storm } from './storm.ts';

/**
 * One run from seed to verdict.
 * @returns the line to print, and what is wrong in words: nothing, where every promise was kept
 */
export const run = async (
  options: ChaosRun,
  signal: AbortSignal,
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
) => {
  const { seed, events } = options;
  const plan = drawPlan(seed, events);
  const total = plan.steps.filter(isEvent).length;
  const poison = plan.steps.filter(({ does }) => does === 'poison').length;
  const chaos = await startChaosWorld(options);
  const { world, twin, heard, sqs, now } = chaos;
  const state = twin.state();
  const crms = openCrms(world.description, now, signal);
  const progress = { events: 0, kills: 0, collisions: 0, wipes: 0 };
  let phase = 'storm';
  const shown = showProgress(stream, async () => {
    const { visible, inFlight, delayed } = await queueDepth(sqs, world.description.queueUrl);
    return (
      `${phase}: ${progress.events} of ${total} events, ${progress.kills} kills, ` +
      `queue ${visible} + ${inFlight} hidden + ${delayed} delayed, ` +
      `${state.stats.faultsInjected} faults, ${heard.of('linked')} linked`
    );
  });
  try {
    const opened = await storm(plan, chaos, crms, progress, signal);
    const drained = await settleDown(
      chaos,
      opened,
      poison,
      (next) => {
        phase = next;
      },
      signal,
    );
    stream.write(
      `Met: ${progress.collisions} writes between our reading and writing, ${state.stats.conflicts} answers 412, ` +
        `${progress.wipes} wipes, ${crms.counts.refused} webhooks refused or unanswered\n`,
    );
    const surprises = heard.surprises();
    if (surprises.length > 0) {
      stream.write(`${surprises.length} crashes and errors of no one's making: ${surprises[0]}\n`);
    }
    const broken = casesOf(plan, opened).flatMap(judge);
    const { calls, faultsInjected } = state.stats;
    const counts = {
      seed,
      events: progress.events,
      faults: faultsInjected,
      kills: progress.kills,
      linked: heard.of('linked'),
      expired: heard.of('expired'),
      deadLettered: drained.deadLettered,
      replayed: drained.replayed,
      twilioCalls: Object.values(calls).reduce((sum, count) => sum + count, 0),
    };
    return {
      report: reportOf(counts, broken, drained.problems),
      problems: [...drained.problems, ...broken.map(({ promise, what }) => `${promise}: ${what}`)],
    };
  } finally {
    shown.stop();
    crms.close();
    await chaos.close();
  }
};
