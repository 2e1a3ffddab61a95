import { EventEmitter } from 'node:events';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { type LocalStack, startLocalStack } from '../../../local/stack.ts';
import type { StackLogLine } from '../../../local/stack-options.ts';
import { accountEvaluationsPerSecond } from '../../../shared/config/limits.ts';
import { createScaledClock, scaledTimeEnvironment, timeFactor } from '../clock.ts';
import type { ChaosOptions } from '../options.ts';
import type { SyncKillPlace } from '../plan/plan.ts';
import type { Conversation } from './conversation.ts';
import { createObservedEmulator, type ObservedEmulator } from './observed-emulator.ts';

/** Real milliseconds: a call that hangs must not take as long as in production. */
const twilioTimeoutMs = 200;

/** How many processes of the sync each queue has. With few of them a kill seldom ends another than the one at its place. */
const syncConcurrency = { usual: 2, killed: 1 };

const batchSize = 100;

const webhookConcurrency = 2;

const batchWindowMs = 15;

const concurrentRequests = 400;

/** Starts the local stack with a faster clock, a sync that can be killed, and agents in this process. */
export async function startChaosStack({ seed, faults, kills, without }: ChaosOptions) {
  const time = { start: Date.now(), factor: timeFactor };
  const maximumConcurrency = kills === undefined ? syncConcurrency.usual : syncConcurrency.killed;
  const now = createScaledClock(time);
  const conversations = new Map<string, Conversation>();
  /** Emits the places at which the sync may be killed, and `batch` as one begins. */
  const places = new EventEmitter<Record<SyncKillPlace | 'batch', []>>();
  const emulator: ObservedEmulator = createObservedEmulator({
    now,
    ignoresIfMatch: without.includes('versions'),
    afterRead: (taskSid) => {
      conversations.get(taskSid)?.onRead();
      places.emit('afterRead');
    },
    afterWrite: (taskSid) => {
      conversations.get(taskSid)?.onWritten();
      places.emit('afterWrite');
    },
  });
  const logTally = createLogTally();
  const commonEnvironment = { ...scaledTimeEnvironment(time), POWERTOOLS_METRICS_DISABLED: 'true' };
  const stack: LocalStack = await startLocalStack({
    startEmulator: emulator.start,
    emulatorSettings: {
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
      crmChange: { ...commonEnvironment, POWERTOOLS_LOG_LEVEL: 'WARN' },
      taskEvent: { ...commonEnvironment, POWERTOOLS_LOG_LEVEL: 'WARN' },
      sync: {
        ...commonEnvironment,
        ...(without.includes('confirmations') && { CONFIRM_AFTER_SECONDS: '' }),
        TWILIO_TIMEOUT_MS: String(twilioTimeoutMs),
        CONCURRENT_REQUESTS: String(concurrentRequests),
        EVALUATIONS_PER_SECOND: String(
          (accountEvaluationsPerSecond * timeFactor) / maximumConcurrency,
        ),
      },
    },
    execArgv: ['--import', new URL('../preload.ts', import.meta.url).href],
    syncRunsIn: 'process',
    // A kill may end all that run, of both queues.
    ...(kills !== undefined && { syncStandby: 2 * maximumConcurrency }),
    timeFactor,
    maximumConcurrency,
    webhookConcurrency,
    batchSize,
    windowMs: batchWindowMs,
    onBatch: () => void places.emit('batch'),
    onDeadLetter: () => void places.emit('afterDeadLetter'),
    log: logTally.readLine,
  });
  const sqs = new SQSClient({
    endpoint: stack.description.sqs,
    region: stack.description.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    stack,
    emulator,
    sqs,
    now,
    logTally,
    conversations,
    places,
    close: async (): Promise<void> => {
      sqs.destroy();
      await stack.close();
    },
  };
}

export type ChaosStack = Awaited<ReturnType<typeof startChaosStack>>;

const LogLine = z.looseObject({ level: z.string(), message: z.string() });

const OutcomeLine = z.looseObject({ message: z.literal('outcome'), outcome: z.string() });

/** What the event source mapping logs about a batch whose sync was killed. */
const killedMarker = 'signal: SIGKILL';

/** Counts the outcomes that the sync logs, and keeps the errors that this run did not cause. */
function createLogTally() {
  const outcomes = new Map<string, number>();
  const unexpectedLines: string[] = [];

  const readSyncLine = (text: string): void => {
    if (!text.startsWith('{')) {
      unexpectedLines.push(text);
      return;
    }
    const line: unknown = JSON.parse(text);
    const logged = LogLine.safeParse(line);
    if (logged.data?.level === 'ERROR') unexpectedLines.push(text);
    const { outcome } = OutcomeLine.safeParse(line).data ?? {};
    if (outcome !== undefined) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };

  return {
    /** Takes a log line of the stack. */
    readLine: ({ from, text }: StackLogLine): void => {
      if (from === 'sync') readSyncLine(text);
      if (from === 'event-source' && !text.includes(killedMarker)) unexpectedLines.push(text);
    },
    /** How many deliveries had this outcome. */
    count: (outcome: string): number => outcomes.get(outcome) ?? 0,
    /** Crashes and errors that this run did not cause. They violate no invariant by themselves. */
    unexpected: (): readonly string[] => unexpectedLines,
  };
}
