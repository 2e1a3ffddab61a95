import { setTimeout as delay } from 'node:timers/promises';
import { queueDepth, totalMessages } from '../../ops/aws/queue-depth.ts';
import { isEvent, type Plan } from '../plan/plan.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';
import type { Conversation } from '../world/conversation.ts';
import type { Crms } from '../world/crm.ts';
import { openStage, type StormProgress } from './stage.ts';

const webhooksAtOnce = 24;
/** A storm of few events takes a little longer, so that there is time for all that goes wrong. */
const shortestMs = 3000;
const mostEventsPerSecond = 400;
/** So many messages wait at the most, that what is sent now still meets what goes wrong now. */
const deepestBacklog = 1500;
const eventsBetweenLooks = 200;
/** How long things go on going wrong when all has been sent, unless the queue is empty before. */
const tailMs = 2000;

/** Carries out a plan, step by step. What it leaves behind is calm but for what is still on its way. */
export const storm = async (
  plan: Plan,
  chaos: ChaosWorld,
  crms: Crms,
  progress: StormProgress,
  signal: AbortSignal,
): Promise<readonly Conversation[]> => {
  const stage = openStage(plan, chaos, crms, progress, signal);
  const depth = () => queueDepth(chaos.sqs, chaos.world.description.queueUrl);
  const pause = (ms: number) => delay(ms, undefined, { signal });

  const perMs = Math.min(
    mostEventsPerSecond / 1000,
    plan.steps.filter(isEvent).length / shortestMs,
  );
  const begin = performance.now();
  for (const step of plan.steps) {
    const aheadMs = progress.events / perMs - (performance.now() - begin);
    if (aheadMs > 1) await pause(aheadMs);
    while (stage.sending() >= webhooksAtOnce) await pause(1);
    if (isEvent(step) && progress.events % eventsBetweenLooks === eventsBetweenLooks - 1) {
      while ((await depth()).visible > deepestBacklog) await pause(100);
    }
    stage.takeUp(step);
    if (isEvent(step)) progress.events += 1;
  }

  const tailEnd = performance.now() + tailMs;
  while (performance.now() < tailEnd && totalMessages(await depth()) > 0) await pause(50);
  return stage.end();
};
