import { setTimeout as delay } from 'node:timers/promises';
import type { ActionInput } from '../../console/actions.ts';
import type { Faults } from '../../console/parts.ts';
import type { Feed } from '../../console/server/feed.ts';
import { ActionError } from '../../console/server/server.ts';
import type { Deployment } from '../../ops/deployment/deployment.ts';
import { eventSourceState, setEventSourceEnabled } from '../../ops/sync/event-source.ts';
import { formatDuration } from '../../ops/text.ts';
import type { DrillClock } from '../drill/clock.ts';
import type { LocalStack } from '../stack.ts';
import type { EmulatorState } from '../taskrouter/state.ts';

const minuteMs = 60_000;

/** One step of the clock. No message waits longer for its next try: this is the longest delay of SQS. */
const stepMs = 15 * minuteMs + 1000;

/** The limit for a machine that does not respond. */
const idleTimeoutMs = 20_000;

interface Stage {
  stack: LocalStack;
  deployment: Deployment;
  emulator: EmulatorState;
  clock: DrillClock | undefined;
  /** Whether no message is visible and sync handles none. All messages wait for their next try. */
  isIdle: () => Promise<boolean>;
}

/** The faults that a user can turn on, and the clock. */
export function createFaults(feed: Feed, stage: Stage) {
  const { stack, deployment, emulator, clock } = stage;
  let webhooksStopped = false;
  let syncPaused = false;
  let passing: string | undefined;

  const show = (): void => {
    const { outage, faultRate, faults, latencyMs, eventLossRate, deleteAfterMs } =
      emulator.settings;
    const view: Faults = {
      outage,
      rate: faultRate,
      kind: faults[0] ?? '429',
      latencyMs,
      eventLossRate,
      deleteAfterSeconds: deleteAfterMs / 1000,
      webhooksStopped,
      syncPaused,
      ...(passing !== undefined && { passing }),
    };
    feed.set('faults', view);
  };

  const setWebhooks = async (stopped: boolean): Promise<void> => {
    if (stopped === webhooksStopped) return;
    await (stopped ? stack.webhooks.stop() : stack.webhooks.start());
    webhooksStopped = stopped;
  };
  const setSync = async (paused: boolean): Promise<void> => {
    if (paused === syncPaused) return;
    const { uuids } = await eventSourceState(deployment);
    await setEventSourceEnabled(deployment, uuids, !paused);
    // A receive that has already started may still return a message.
    const wanted = paused ? 'paused' : 'running';
    while ((await eventSourceState(deployment)).state !== wanted) await delay(50);
    syncPaused = paused;
  };
  const waitUntilIdle = async (): Promise<void> => {
    const deadline = performance.now() + idleTimeoutMs;
    await delay(100);
    while (!syncPaused && !(await stage.isIdle()) && performance.now() < deadline) await delay(50);
  };

  show();
  return {
    show,
    change: async (input: ActionInput<'faults'>): Promise<null> => {
      const {
        rate,
        kind,
        deleteAfterSeconds,
        webhooksStopped: stopped,
        syncPaused: paused,
      } = input;
      const { outage, latencyMs, eventLossRate } = input;
      emulator.change({
        ...(outage !== undefined && { outage }),
        ...(rate !== undefined && { faultRate: rate, retryAfterSeconds: 1 }),
        ...(kind !== undefined && { faults: [kind] }),
        ...(latencyMs !== undefined && { latencyMs }),
        ...(eventLossRate !== undefined && { eventLossRate }),
        ...(deleteAfterSeconds !== undefined && { deleteAfterMs: deleteAfterSeconds * 1000 }),
      });
      if (stopped !== undefined) await setWebhooks(stopped);
      if (paused !== undefined) await setSync(paused);
      show();
      return null;
    },
    /** Puts the clock forward in steps, so that each message is tried as often as in real time. */
    passTime: async ({ minutes }: ActionInput<'passTime'>): Promise<null> => {
      if (clock === undefined)
        throw new ActionError(
          'This stack uses the clock of the machine. It cannot be put forward.',
        );
      if (passing !== undefined) throw new ActionError('The clock is being put forward already.');
      const total = minutes * minuteMs;
      try {
        for (let passed = 0; passed < total; ) {
          const step = Math.min(stepMs, total - passed);
          clock.advance(step);
          passed += step;
          passing = `${formatDuration(passed)} of ${formatDuration(total)}`;
          show();
          await waitUntilIdle();
        }
      } finally {
        passing = undefined;
        show();
      }
      return null;
    },
  };
}
