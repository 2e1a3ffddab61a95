import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { queueDepth, queueDepths, totalMessages } from '../../../ops/aws.ts';
import { poisonPrefix } from '../plan/plan.ts';
import type { ChaosStack } from '../stack/chaos-stack.ts';
import type { Conversation } from '../stack/conversation.ts';
import { type ChaosReplayOptions, replayAsOperator } from './replay.ts';

const drainPollMs = 50;

/** How long nothing must happen before the run is over: TaskRouter events may still be on their way. */
const idleMs = 300;

const drainTimeoutMs = 600_000;

const maxReplayRounds = 8;

export interface DrainResult {
  readonly deadLettered: number;
  readonly replayed: number;
  /** Dead letters that should not be left, and phases that did not end. */
  readonly problems: readonly string[];
}

/**
 * The end of a run: all faults stop, every conversation is accepted and written to once more, some stop
 * naming a ticket, all messages are processed, and the dead letters are replayed until only unreadable ones are left.
 */
export async function drainAndReplay(
  chaos: ChaosStack,
  opened: readonly Conversation[],
  poisonCount: number,
  onPhase: (phase: string) => void,
  signal: AbortSignal,
): Promise<DrainResult> {
  const { emulator, sqs, stack } = chaos;
  const { queueUrls, deadLetterQueueUrl } = stack.description;
  const state = emulator.state();
  const noLoss = { eventLossRate: 0, eventRepeatRate: 0, eventDelayMs: 0 };
  state.change({ outage: false, faultRate: 0, ...noLoss });
  for (const each of opened) each.accept();
  for (const each of opened) each.write({ kind: 'end', n: 1 });

  const problems: string[] = [];
  const drainPhase = async (phase: string): Promise<void> => {
    onPhase(phase);
    const problem = await waitUntilDrained(chaos, signal);
    if (problem !== undefined) problems.push(problem);
  };
  await drainPhase('draining');
  for (const each of opened) if (each.planned.isPicky) each.name(undefined);
  await drainPhase('draining after the last agents');

  const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  const seen = new Set<string>();
  const unreadable = new Set<string>();
  let replayed = 0;
  const replayAll = async (
    options: Pick<ChaosReplayOptions, 'isSkipped' | 'killAfter'>,
  ): Promise<void> => {
    const queues = { sqs, queueUrls, deadLetterQueueUrl };
    const replayResult = await replayAsOperator({ ...queues, folder, ...options });
    for (const id of replayResult.seen) seen.add(id);
    for (const id of replayResult.skipped) unreadable.add(id);
    replayed += replayResult.sent;
  };
  const countDeadLetters = async () => totalMessages(await queueDepth(sqs, deadLetterQueueUrl));

  try {
    await replayAll({
      isSkipped: () => false,
      killAfter: Math.ceil((await countDeadLetters()) / 2),
    });
    for (let round = 1; problems.length === 0; round += 1) {
      // An unreadable message becomes a dead letter again each time: once is enough to prove it.
      await replayAll({ isSkipped: (body) => body.startsWith(poisonPrefix) });
      await drainPhase(`draining after replay ${round}`);
      const left = await countDeadLetters();
      if (left === unreadable.size) break;
      if (round === maxReplayRounds) {
        problems.push(`${left} dead letters remain; ${unreadable.size} of them are unreadable`);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  if (unreadable.size < poisonCount) {
    problems.push(`${poisonCount} unreadable messages were sent; ${unreadable.size} are left`);
  }
  return { deadLettered: seen.size, replayed, problems };
}

/** Waits until no message is visible, in flight or delayed, and nothing happens any more. */
async function waitUntilDrained(
  { sqs, stack, emulator }: ChaosStack,
  signal: AbortSignal,
): Promise<string | undefined> {
  const queueUrls = Object.values(stack.description.queueUrls);
  const state = emulator.state();
  const seen = () =>
    JSON.stringify([state.stats.events, state.stats.calls, state.stats.deliveries]);
  const begin = performance.now();
  let before = seen();
  let idleSince = begin;
  for (;;) {
    const depth = await queueDepths(sqs, queueUrls);
    const at = performance.now();
    if (totalMessages(depth) > 0 || seen() !== before) idleSince = at;
    before = seen();
    if (at - idleSince > idleMs) return undefined;
    if (at - begin > drainTimeoutMs) return `the queue did not drain: ${JSON.stringify(depth)}`;
    await delay(drainPollMs, undefined, { signal });
  }
}
