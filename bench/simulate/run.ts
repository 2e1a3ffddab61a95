import type { SQSEvent } from 'aws-lambda';
import { createSync } from '../../lambdas/sync/sync.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import {
  batchSize,
  defaultConcurrentRequests,
  eventSources,
  instanceEvaluationsPerSecond,
  type QueueName,
  queueNames,
  requestsInParallel,
  syncTimeoutSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/limits.ts';
import { Sources } from '../../shared/crm/config.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import type { Message } from '../../shared/messages/message.ts';
import { queueOf } from '../../shared/messages/queue-of.ts';
import { withCircuitBreaker } from '../../shared/taskrouter/circuit-breaker.ts';
import { leastSquares } from '../frame/bench.ts';
import { callAttributes, changeOf } from '../rig/workload.ts';
import { createVirtualClock } from './clock.ts';
import {
  createVirtualQueue,
  createVirtualSqs,
  createVirtualTwilio,
  startVirtualEventSource,
  type TwilioCalls,
} from './services.ts';

/** How a change names the conversation of its ticket. Exclusive: the ticket belongs to no other conversation. */
export const changeKinds = ['task SID', 'call SID', 'exclusive'] as const;

export type ChangeKind = (typeof changeKinds)[number];

interface SimulatedLoad {
  by: ChangeKind;
  /** The mean number of changes a second. They come at random. */
  perSecond: number;
  seconds: number;
  /** The rate at a time, relative to the mean. Time 0 is the first moment, 1 the last. Default: always 1. */
  curve?: (time: number) => number;
  /** The changes of the first seconds are not measured. This is the number of these seconds. Default: 0. */
  warmUpSeconds?: number;
  /** Another writer changes one in this many Tasks while its ticket is linked. Default: none. */
  tasksPerWriter?: number;
}

/** The services and settings that sync runs with. */
export interface Surroundings {
  /** The time from a request to TaskRouter to its response. */
  latencyMs: number;
  /** The time from a request to SQS to its response. */
  sqsMs: number;
  /** The setting `limits.twilioConcurrentRequests`. */
  concurrentRequests: number;
  /** How many requests at once Twilio allows the account. */
  accountRequests: number;
  /** The setting `sync.confirmAfterSeconds`. */
  confirmAfterSeconds: readonly number[];
  /** The setting `sync.taskEvents`. */
  taskEvents: boolean;
  /** How many pollers gather batches of one queue at once. */
  pollers: number;
}

/** The default settings, and a TaskRouter that is as fast as in `npm run bench`. */
export const defaults: Surroundings = {
  latencyMs: 80,
  sqsMs: 5,
  concurrentRequests: defaultConcurrentRequests,
  accountRequests: Number.POSITIVE_INFINITY,
  confirmAfterSeconds: [20, 90],
  taskEvents: true,
  pollers: 1,
};

interface SimulatedRun {
  /** The time from a change until its link is on the Task, in milliseconds, in the order of the changes. */
  lags: readonly number[];
  /** When each of these changes came, in seconds since the start. */
  cameAt: readonly number[];
  changes: number;
  /** All requests to TaskRouter, with those of confirmations. */
  calls: TwilioCalls;
  /** How many requests sync itself has counted. */
  countedCalls: number;
  /** The invocations that started while changes came, after the warm-up. */
  invocations: Readonly<Record<QueueName, Invocations>>;
  deadLetters: number;
}

interface Invocations {
  count: number;
  messages: number;
  /** The mean number of invocations at once, divided by the highest number that is allowed. */
  busy: number;
}

const start = Date.parse('2026-11-23T10:00:00Z');

const namedTickets = ticketsOnTask(
  Sources.parse({
    zendesk: {
      kind: 'zendesk',
      ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
      taskAttribute: 'zd_ticket_id',
      secret: 'zendesk',
    },
  }),
);

/**
 * Runs the real sync (`createSync`) on a virtual clock until no work is left. Code takes no time, requests take
 * time. Two runs with the same arguments give the same result.
 * @throws Error if the sync logs an unexpected error, or a change is lost
 */
export async function simulate(
  load: SimulatedLoad,
  surroundings: Partial<Surroundings> = {},
  seed = 1,
): Promise<SimulatedRun> {
  const settings = { ...defaults, ...surroundings };
  const clock = createVirtualClock(start);
  const random = seededRandom(seed);
  const linkedAt = new Map<string, number>();
  const twilio = createVirtualTwilio(clock, {
    latencyMs: settings.latencyMs,
    concurrentRequests: settings.accountRequests,
    onWrite: (taskSid) => {
      if (!linkedAt.has(taskSid)) linkedAt.set(taskSid, clock.now());
    },
  });

  const visibilitySeconds = visibilityTimeoutSeconds(syncTimeoutSeconds);
  const createQueue = () => createVirtualQueue(clock, visibilitySeconds);
  const queues = { changes: createQueue(), lookups: createQueue(), deadLetters: createQueue() };
  const queueUrls = { changes: urlOf('changes'), lookups: urlOf('lookups') };
  const byUrl = Object.entries(queues).map(([name, queue]) => [urlOf(name), queue] as const);
  const sqs = createVirtualSqs(clock, new Map(byUrl), settings.sqsMs);

  let countedCalls = 0;
  const problems: unknown[] = [];
  const searchIntervalMs = 1000 / instanceEvaluationsPerSecond;
  const createInstance = () =>
    createSync({
      taskRouter: withCircuitBreaker(twilio.clientOf(searchIntervalMs), {
        now: clock.now,
        random,
        onStateChange: () => {},
      }),
      sqs,
      queueUrls,
      deadLetterQueueUrl: urlOf('deadLetters'),
      now: clock.now,
      random,
      sleep: clock.sleep,
      logger: {
        info: () => {},
        warn: () => {},
        error: (message, fields) => problems.push({ message, ...fields }),
      },
      metrics: {
        addMetric: (name, _unit, value) => {
          if (name === 'TwilioCalls') countedCalls += value;
        },
        publishStoredMetrics: () => {},
      },
      namedTickets,
      requestsInParallel: (queue) => requestsInParallel(queue, settings.concurrentRequests),
      searchIntervalMs,
      confirmAfterSeconds: settings.confirmAfterSeconds,
      taskEvents: settings.taskEvents,
    });

  /** Warm instances without work. Lambda uses the one that was used last. */
  const idle: ReturnType<typeof createInstance>[] = [];
  const { seconds, warmUpSeconds = 0 } = load;
  const none = (): Invocations => ({ count: 0, messages: 0, busy: 0 });
  const invocations = { changes: none(), lookups: none() };
  const invokeFor = (name: QueueName) => async (event: SQSEvent) => {
    const sync = idle.pop() ?? createInstance();
    const startedAt = clock.now();
    const getRemainingTimeInMillis = () => startedAt + 1000 * syncTimeoutSeconds - clock.now();
    const response = await sync(event, { getRemainingTimeInMillis });
    idle.push(sync);
    const beganAt = (startedAt - start) / 1000;
    if (beganAt >= warmUpSeconds && beganAt < seconds) {
      const ofQueue = invocations[name];
      ofQueue.count += 1;
      ofQueue.messages += event.Records.length;
      const allSeconds = (seconds - warmUpSeconds) * eventSources[name].maximumConcurrency;
      ofQueue.busy += (clock.now() - startedAt) / 1000 / allSeconds;
    }
    return response;
  };
  for (const name of queueNames) {
    const source = {
      ...eventSources[name],
      batchSize: batchSize(name, settings.concurrentRequests),
      name,
      latencyMs: settings.sqsMs,
      pollers: settings.pollers,
    };
    startVirtualEventSource(clock, queues[name], source, invokeFor(name));
  }

  const arrivals = arrivalsOf(load, random).map((atMs, index) => {
    const { callSid, attributes } = callAttributes();
    const taskSid = twilio.createTask(attributes, callSid);
    clock.after(atMs, () => {
      const message = messageOf(load.by, index, { taskSid, callSid }, clock.now());
      const MessageBody = JSON.stringify(message);
      queues[queueOf(message)].send({ MessageBody, MessageGroupId: 'zendesk' });
    });
    if (load.tasksPerWriter !== undefined && index % load.tasksPerWriter === 0) {
      clock.after(atMs + random() * writersWithinMs, () => twilio.writeAsOther(taskSid));
    }
    return { atMs, taskSid };
  });
  await clock.run();

  if (problems.length > 0) throw new Error(`sync failed: ${JSON.stringify(problems[0])}`);
  const measured = arrivals.filter(({ atMs }) => atMs >= 1000 * warmUpSeconds);
  return {
    lags: measured.map(({ atMs, taskSid }) => {
      const at = linkedAt.get(taskSid);
      if (at === undefined) throw new Error(`${taskSid} was never linked`);
      return at - start - Math.ceil(atMs);
    }),
    cameAt: measured.map(({ atMs }) => atMs / 1000),
    changes: arrivals.length,
    calls: twilio.calls,
    countedCalls,
    invocations,
    deadLetters: queues.deadLetters.receive(Number.POSITIVE_INFINITY).length,
  };
}

/**
 * Runs at a steady rate, mixed with confirmations of earlier changes. The run is long enough to show whether sync
 * keeps up.
 */
export async function runSteady(
  by: ChangeKind,
  perSecond: number,
  seed: number,
  surroundings: Partial<Surroundings> = {},
  more: Partial<SimulatedLoad> = {},
): Promise<SimulatedRun & { growth: number }> {
  const seconds = Math.round(Math.min(90, Math.max(20, 2000 / perSecond)));
  const confirmAfterSeconds = [Math.ceil(seconds / 8), Math.ceil(seconds / 4)];
  const load = { by, perSecond, seconds, warmUpSeconds: Math.ceil(seconds / 3), ...more };
  const run = await simulate(load, { confirmAfterSeconds, ...surroundings }, seed);
  return { ...run, growth: growthOf(run) };
}

/** By how many seconds the lag grows in a second: the slope of the lags over time. */
export function growthOf({ lags, cameAt }: Pick<SimulatedRun, 'lags' | 'cameAt'>): number {
  return leastSquares(lags.map((lag, index) => [cameAt[index] ?? 0, lag])).slope / 1000;
}

/** From this growth on, sync does not keep up. Lower values are chance. */
export const growing = 0.03;

/** The other writer writes within this time after a change, in milliseconds. */
const writersWithinMs = 200;

function urlOf(name: string): string {
  return `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;
}

/** When the changes come, in milliseconds: at random (Poisson), at the rate of the curve. */
function arrivalsOf(
  { perSecond, seconds, curve = () => 1 }: SimulatedLoad,
  random: () => number,
): number[] {
  const arrivals: number[] = [];
  const stepMs = 10;
  let left = -Math.log(1 - random());
  for (let atMs = 0; atMs < seconds * 1000; atMs += stepMs) {
    let expected = (curve(atMs / (seconds * 1000)) * perSecond * stepMs) / 1000;
    while (expected >= left) {
      arrivals.push(atMs + random() * stepMs);
      expected -= left;
      left = -Math.log(1 - random());
    }
    left -= expected;
  }
  return arrivals.toSorted((one, other) => one - other);
}

function messageOf(
  by: ChangeKind,
  index: number,
  task: { taskSid: string; callSid: string },
  now: number,
): Message {
  if (by !== 'exclusive') return changeOf(index + 1, task, by, {}, now);
  return changeOf(index + 1, task, 'task SID', { exclusive: true }, now);
}
