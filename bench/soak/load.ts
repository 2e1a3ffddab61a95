import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { loadCrms, readPayload } from '../../fixtures/load.ts';
import { createZendeskSender, sendCrmPayload } from '../../local/demo/send-webhook.ts';
import { startLocalStack } from '../../local/stack.ts';
import type { StackLogLine } from '../../local/stack-options.ts';
import { createEmulatorApp, serveEmulator } from '../../local/taskrouter/emulator.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import { EmulatorState } from '../../local/taskrouter/state.ts';
import { createTask } from '../rig/rig.ts';
import { callAttributes } from '../rig/workload.ts';
import { probeOptions } from './samples.ts';

/** Webhooks a second. Every tenth comes from another CRM. */
const perSecond = 8;

/** How many Tasks are open at a time. Each has a ticket, ends after some time, and is deleted two minutes later. */
const openTasks = 40;

const taskSeconds = 60;

const outageEverySeconds = 120;

const outageSeconds = 8;

/**
 * Starts the local stack with each function in its own process, and sends changes at a steady rate. A tenth of the
 * calls to Twilio fails. Twilio has an outage of eight seconds every two minutes. It loses and repeats events.
 */
export async function startLoad(seed: number, log: (line: StackLogLine) => void) {
  let started: EmulatorState | undefined;
  const stack = await startLocalStack({
    startEmulator: (options) => {
      const state = new EmulatorState(options);
      started = state;
      return serveEmulator(state, getRequestListener(createEmulatorApp(state).fetch));
    },
    emulatorSettings: {
      seed,
      faultRate: 0.1,
      retryAfterSeconds: 1,
      eventLossRate: 0.1,
      eventRepeatRate: 0.1,
      eventDelayMs: 500,
    },
    environment: { sync: { TWILIO_TIMEOUT_MS: '1000' } },
    syncRunsIn: 'process',
    webhooksRunIn: 'process',
    execArgv: probeOptions,
    maximumConcurrency: 1,
    webhookConcurrency: 1,
    log,
  });
  const state = started;
  if (state === undefined) throw new Error('The emulator has not been started');
  const counts = { webhooks: 0, failed: 0, tasks: 0, outages: 0 };
  const count = () => ({
    ...counts,
    calls: sum(state.stats.calls),
    faults: state.stats.faultsInjected,
  });
  return {
    count,
    /** Sends webhooks until the signal aborts. */
    run: (signal: AbortSignal) => run(state, stack.description, seed, counts, signal),
    close: stack.close,
  };
}

async function run(
  state: EmulatorState,
  description: Parameters<typeof sendCrmPayload>[0],
  seed: number,
  counts: { webhooks: number; failed: number; tasks: number; outages: number },
  signal: AbortSignal,
): Promise<void> {
  const random = seededRandom(seed);
  const crms = [...(await loadCrms())].map(([kind, crm]) => ({
    name: kind === 'standard-webhooks' ? 'generic' : kind,
    crm,
    body: readPayload(kind, crm.story.steps[0]?.file ?? ''),
  }));
  // Each payload of another CRM has a Task. Otherwise sync would search for it for an hour.
  const named = crms.map(({ crm: { settings, story } }) => [settings.taskAttribute, story.ticket]);
  createTask(state, { ...callAttributes().attributes, ...nested(named) });

  const zendesk = createZendeskSender(description);
  const tasks: { taskSid: string; ticket: string; endsAt: number }[] = [];
  const start = performance.now();
  const secondsNow = () => (performance.now() - start) / 1000;
  const renewTasks = (): void => {
    while ((tasks[0]?.endsAt ?? Number.POSITIVE_INFINITY) < secondsNow()) {
      const task = state.store.find(tasks.shift()?.taskSid ?? '');
      if (task !== undefined) state.store.update(task, { status: 'completed' });
    }
    while (tasks.length < openTasks) {
      counts.tasks += 1;
      const ticket = `${100_000 + counts.tasks}`;
      const { attributes } = callAttributes();
      const { taskSid } = createTask(state, { ...attributes, zd_ticket_id: ticket });
      tasks.push({
        taskSid,
        ticket,
        endsAt: secondsNow() + ((tasks.length + 1) * taskSeconds) / openTasks,
      });
    }
  };
  const send = async (webhook: number): Promise<unknown> => {
    const { name, crm, body } = crms[(webhook / 10) % crms.length] ?? {};
    if (name && crm && body) return sendCrmPayload(description, name, crm, body);
    const { ticket = '' } = tasks[Math.floor(random() * tasks.length)] ?? {};
    return zendesk.send({ ticket, event: 'status_changed', at: Date.now() });
  };
  while (!signal.aborted) {
    renewTasks();
    const isOut = secondsNow() % outageEverySeconds > outageEverySeconds - outageSeconds;
    if (isOut && !state.settings.outage) counts.outages += 1;
    if (isOut !== state.settings.outage) state.change({ outage: isOut });
    for (; counts.webhooks < secondsNow() * perSecond; counts.webhooks += 1) {
      send(counts.webhooks).catch(() => {
        counts.failed += 1;
      });
    }
    await sleep(50);
  }
}

/** Attributes from pairs of a path and a value. */
function nested(named: readonly (readonly (string | undefined)[])[]): object {
  const attributes: Record<string, unknown> = {};
  for (const [path = '', ticket] of named) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const parent = names.reduce<Record<string, unknown>>((of, name) => {
      of[name] ??= {};
      return of[name] as Record<string, unknown>;
    }, attributes);
    parent[last] = ticket;
  }
  return attributes;
}

function sum(numbers: Readonly<Record<string, number>>): number {
  return Object.values(numbers).reduce((total, number) => total + number, 0);
}
