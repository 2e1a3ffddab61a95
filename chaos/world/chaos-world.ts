import { SQSClient } from '@aws-sdk/client-sqs';
import { startWorld, type World } from '../../local/world.ts';
import { accountEvaluationsPerSecond } from '../../shared/config/numbers.ts';
import type { ChaosRun } from '../chaos-options.ts';
import { fastClock, printFastTime } from '../fast-time.ts';
import type { Conversation } from './conversation.ts';
import { type OpenTwin, openTwin } from './open-twin.ts';
import { tally } from './tally.ts';
import { timeFactor } from './time-factor.ts';

/** Small, so that crashes and faults make real dead letters. */
const maxReceiveCount = 8;

/** Real milliseconds: what hangs must not cost as much as it does in life. */
const twilioTimeoutMs = 200;

/** Half of what is deployed, and so is the visibility timeout that goes with it. */
const syncTimeoutSeconds = 15;

const syncs = 2;
const batchSize = 100;
const doors = 2;
const batchWindowMs = 15;
const tasksInParallel = 16;

/** The embedded world with a faster clock, a sync that can be killed, and agents in this process. */
export const startChaosWorld = async ({ seed, faults, without }: ChaosRun) => {
  const time = { start: Date.now(), factor: timeFactor };
  const now = fastClock(time);
  const conversations = new Map<string, Conversation>();
  const twin: OpenTwin = openTwin({
    now,
    ignoresVersions: without.includes('versions'),
    afterRead: (taskSid) => conversations.get(taskSid)?.wasRead(),
    afterWrite: (taskSid) => conversations.get(taskSid)?.wasWritten(),
  });
  const heard = tally();
  const quiet = { ...printFastTime(time), POWERTOOLS_METRICS_DISABLED: 'true' };
  const world: World = await startWorld({
    startTwin: twin.start,
    twin: {
      seed,
      faultRate: faults,
      eventLossRate: 0.1,
      eventRepeatRate: 0.1,
      eventDelayMs: 150,
      eventRetryMs: 20,
      retryAfterSeconds: 1,
    },
    taskEvents: without.includes('task-events') ? 'off' : 'event-streams',
    environment: {
      crmChange: { ...quiet, POWERTOOLS_LOG_LEVEL: 'WARN' },
      taskEvent: { ...quiet, POWERTOOLS_LOG_LEVEL: 'WARN' },
      sync: {
        ...quiet,
        ...(without.includes('confirmations') && { CONFIRM_AFTER_SECONDS: '' }),
        TWILIO_TIMEOUT_MS: String(twilioTimeoutMs),
        TASKS_IN_PARALLEL: String(tasksInParallel),
        EVALUATIONS_PER_SECOND: String((accountEvaluationsPerSecond * timeFactor) / syncs),
      },
    },
    execArgv: ['./quick-load.ts', '../fast-clock.ts'].flatMap((module) => [
      '--import',
      new URL(module, import.meta.url).href,
    ]),
    syncRunsIn: 'process',
    timeFactor,
    maxReceiveCount,
    syncTimeoutSeconds,
    maximumConcurrency: syncs,
    doorConcurrency: doors,
    batchSize,
    windowMs: batchWindowMs,
    log: heard.hear,
  });
  const sqs = new SQSClient({
    endpoint: world.description.sqs,
    region: world.description.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    world,
    twin,
    sqs,
    now,
    heard,
    conversations,
    close: async (): Promise<void> => {
      sqs.destroy();
      await world.close();
    },
  };
};
export type ChaosWorld = Awaited<ReturnType<typeof startChaosWorld>>;
