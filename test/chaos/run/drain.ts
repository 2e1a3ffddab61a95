import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { queueDepth, queueDepths, totalMessages } from '../../../ops/aws.ts';
import { poisonPrefix } from '../plan/plan.ts';
import type { ChaosStack } from '../stack/chaos-stack.ts';
import type { Conversation } from '../stack/conversation.ts';
import { killReplays } from './kill-replays.ts';
import { type ReplayKillPlace, replayAsOperator } from './replay.ts';

const drainPollMs = 50;

/** How long nothing must happen before the run is over: TaskRouter events may still be on their way. */
const idleMs = 300;

const drainTimeoutMs = 600_000;

const maxReplayRounds = 8;

interface DrainResult {
  readonly deadLettered: number;
  readonly replayed: number;
  /** Dead letters that should not be left, and phases that did not end. */
  readonly problems: readonly string[];
}

/**
 * The end of a run: all faults stop, every conversation is accepted and written to once more, some stop
 * naming a ticket, all messages are processed, so many replays are killed, and the dead letters are replayed until only
 * unreadable ones are left.
 */
export async function drainAndReplay(
  chaos: ChaosStack,
  opened: readonly Conversation[],
  poisonCount: number,
  kills: { readonly replays: number; readonly seed: number },
  replayKills: Record<ReplayKillPlace, number>,
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
  const unreadable = new Map<string, string>();
  const queues = { queueUrls, deadLetterQueueUrl, folder };
  const countDeadLetters = async () => totalMessages(await queueDepth(sqs, deadLetterQueueUrl));

  try {
    onPhase('killing replays');
    const { sqs: endpoint, region } = stack.description;
    const orders = { ...queues, endpoint, region };
    await killReplays(kills.replays, kills.seed, orders, replayKills, signal);
    for (let round = 1; problems.length === 0; round += 1) {
      // An unreadable message becomes a dead letter again each time: once is enough to prove it.
      const isSkipped = (body: string) => body.startsWith(poisonPrefix);
      const skipped = await replayAsOperator({ ...queues, sqs, isSkipped });
      for (const [id, body] of skipped) unreadable.set(id, body);
      await drainPhase(`draining after replay ${round}`);
      const left = await countDeadLetters();
      if (left === unreadable.size) break;
      if (round === maxReplayRounds) {
        problems.push(`${left} dead letters remain; ${unreadable.size} of them are unreadable`);
      }
    }
    const bodies = new Set(unreadable.values());
    if (bodies.size < poisonCount) {
      problems.push(`${poisonCount} unreadable messages were sent; ${bodies.size} are left`);
    }
    const sent = await sentDeadLetters(folder);
    const deadLettered = new Set([...sent, ...unreadable.keys()]).size;
    return { deadLettered, replayed: sent.length, problems };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The ids of dead letters that all replays sent, by their audit. */
async function sentDeadLetters(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'));
  const lines = (await Promise.all(files)).join('\n').split('\n');
  return lines.flatMap((line) =>
    line.includes('"event":"sent"') ? (/"deadLetterId":"([^"]+)"/.exec(line)?.[1] ?? []) : [],
  );
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
