import { setTimeout as delay } from 'node:timers/promises';
import type { ActionInput, Faults } from '../../console/api.ts';
import type { Feed } from '../../console/server/feed.ts';
import { ActionError } from '../../console/server/server.ts';
import type { Deployment } from '../../ops/deployment/deployment.ts';
import { eventSourceState, setEventSourceEnabled } from '../../ops/sync/event-source.ts';
import { formatDuration } from '../../ops/text.ts';
import type { DrillClock } from '../drill/clock.ts';
import type { LocalStack } from '../stack.ts';
import type { EmulatorState } from '../taskrouter/state.ts';

const minuteMs = 60_000;

/** A message waits no longer than this for its next try: the longest delay of SQS. */
const stepMs = 15 * minuteMs + 1000;

/** For a machine that is stuck. */
const idleTimeoutMs = 20_000;

interface Stage {
  stack: LocalStack;
  deployment: Deployment;
  emulator: EmulatorState;
  clock: DrillClock | undefined;
  /** Whether no message is visible or with the sync; all of them wait. */
  isIdle: () => Promise<boolean>;
}

/** The switches of the local stack: what goes wrong, and the clock. */
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
    // A receive that has begun may still bring a message.
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
    /** Puts the clock forward, so that each message is tried at every step, as in as many minutes of life. */
    passTime: async ({ minutes }: ActionInput<'passTime'>): Promise<null> => {
      if (clock === undefined) throw new ActionError('This stack has the clock of the machine.');
      if (passing !== undefined) throw new ActionError('Time is passing already.');
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
