import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { queueDepth, totalMessages } from '../../ops/aws/queue-depth.ts';
import { type ReplayOptions, replay } from '../replay.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';
import type { Conversation } from '../world/conversation.ts';
import { poisonPrefix } from './poison.ts';

const pauseMs = 50;
/** How long all has to be quiet to be over: events of TaskRouter may still be on their way. */
const quietMs = 300;
const longestDrainMs = 120_000;
const mostRounds = 8;

export interface Drained {
  readonly deadLettered: number;
  readonly replayed: number;
  /** What is still among the dead letters and should not be there, or never came to an end. */
  readonly problems: readonly string[];
}

/** Waits until no message waits, is handed over or is delayed, and nothing happens any more. */
const drain = async (
  { sqs, world, twin }: ChaosWorld,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const { queueUrl } = world.description;
  const state = twin.state();
  const seen = () =>
    JSON.stringify([state.stats.events, state.stats.calls, state.stats.deliveries]);
  const begin = performance.now();
  let before = seen();
  let quietSince = begin;
  for (;;) {
    const depth = await queueDepth(sqs, queueUrl);
    const at = performance.now();
    if (totalMessages(depth) > 0 || seen() !== before) quietSince = at;
    before = seen();
    if (at - quietSince > quietMs) return undefined;
    if (at - begin > longestDrainMs) return `the queue does not drain: ${JSON.stringify(depth)}`;
    await delay(pauseMs, undefined, { signal });
  }
};

/**
 * The end: nothing goes wrong any more, every conversation is accepted, one more thing happens on each,
 * all messages are done with, and dead letters are replayed until none is left that can be applied.
 */
export const settleDown = async (
  chaos: ChaosWorld,
  opened: readonly Conversation[],
  poison: number,
  onPhase: (phase: string) => void,
  signal: AbortSignal,
): Promise<Drained> => {
  const { twin, sqs, world } = chaos;
  const { queueUrl, deadLetterQueueUrl } = world.description;
  const state = twin.state();
  state.change({
    outage: false,
    faultRate: 0,
    eventLossRate: 0,
    eventRepeatRate: 0,
    eventDelayMs: 0,
  });
  for (const each of opened) each.accept();
  for (const each of opened) each.write({ what: 'end', n: 1 });

  const problems: string[] = [];
  const settle = async (phase: string): Promise<void> => {
    onPhase(phase);
    const problem = await drain(chaos, signal);
    if (problem !== undefined) problems.push(problem);
  };
  await settle('draining');

  const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  const seen = new Set<string>();
  const poisonous = new Set<string>();
  let replayed = 0;
  const replayAll = async (options: Pick<ReplayOptions, 'isLeft' | 'killAfter'>): Promise<void> => {
    const moved = await replay({ sqs, queueUrl, deadLetterQueueUrl, folder, ...options });
    for (const id of moved.seen) seen.add(id);
    for (const id of moved.left) poisonous.add(id);
    replayed += moved.sent;
  };
  const countLeft = async () => totalMessages(await queueDepth(sqs, deadLetterQueueUrl));

  try {
    await replayAll({ isLeft: () => false, killAfter: Math.ceil((await countLeft()) / 2) });
    for (let round = 1; problems.length === 0; round += 1) {
      // What nobody can read comes back for ever: once is enough to see that.
      await replayAll({ isLeft: (body) => body.startsWith(poisonPrefix) });
      await settle(`draining after replay ${round}`);
      const left = await countLeft();
      if (left === poisonous.size) break;
      if (round === mostRounds) {
        problems.push(
          `${left} dead letters are left, of which ${poisonous.size} can never be applied`,
        );
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  if (poisonous.size < poison) {
    problems.push(`${poison} messages that nobody can read were sent, ${poisonous.size} are left`);
  }
  return { deadLettered: seen.size, replayed, problems };
};
