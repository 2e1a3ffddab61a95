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
import { callAttributes, changeOf } from '../rig/workload.ts';
import { createVirtualClock } from './clock.ts';
import {
  createVirtualQueue,
  createVirtualSqs,
  createVirtualTwilio,
  startVirtualEventSource,
  type TwilioCalls,
} from './services.ts';

/** How a change says where its ticket belongs; exclusive: the ticket is on no other conversation. */
export const changeKinds = ['task SID', 'call SID', 'exclusive'] as const;

export type ChangeKind = (typeof changeKinds)[number];

interface SimulatedLoad {
  by: ChangeKind;
  /** Changes a second, on average; they come at random. */
  perSecond: number;
  seconds: number;
  /** The rate at a time (0: the first moment, 1: the last) by the average. Default: always 1. */
  curve?: (time: number) => number;
  /** Seconds at the beginning whose changes are not measured. Default: 0. */
  warmUpSeconds?: number;
  /** Of so many Tasks, another writer changes one while its ticket is linked. Default: none. */
  tasksPerWriter?: number;
}

/** What the sync runs on. */
export interface Surroundings {
  /** From a request to TaskRouter to its response. */
  latencyMs: number;
  /** Of a request to SQS. */
  sqsMs: number;
  /** `limits.twilioConcurrentRequests` */
  concurrentRequests: number;
  /** What Twilio allows the account at once. */
  accountRequests: number;
  /** `sync.confirmAfterSeconds` */
  confirmAfterSeconds: readonly number[];
  /** `sync.taskEvents` */
  taskEvents: boolean;
  /** That gather batches of one queue at once. */
  pollers: number;
}

/** As it is deployed by default, beside a TaskRouter as fast as the one of `npm run bench`. */
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
  /** From the moment a change comes until its link is on the Task, in ms, in the order of the changes. */
  lags: readonly number[];
  /** When each of these changes came, in seconds since the beginning. */
  cameAt: readonly number[];
  changes: number;
  /** All requests to TaskRouter, confirmations included. */
  calls: TwilioCalls;
  /** Those that the sync has counted itself. */
  countedCalls: number;
  /** The invocations that began while changes came, after the warm-up. */
  invocations: Readonly<Record<QueueName, Invocations>>;
  deadLetters: number;
}

interface Invocations {
  count: number;
  messages: number;
  /** How many ran at once, on average, by how many may. */
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
 * Runs the sync itself (`createSync`) on a virtual clock, until it has nothing left to do. Its code takes no time;
 * requests do. Two runs with the same arguments are the same.
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

  /** Instances that are warm and idle; Lambda takes the one that was used last. */
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
      clock.after(atMs + random() * writersWithinMs, () => twilio.writeBeside(taskSid));
    }
    return { atMs, taskSid };
  });
  await clock.run();

  if (problems.length > 0) throw new Error(`the sync failed: ${JSON.stringify(problems[0])}`);
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

/** A steady rate, long enough to tell whether the sync keeps up, with confirmations of earlier changes among it. */
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

/** By how many seconds the lag grows in a second: the slope of lags over time (least squares). */
export function growthOf({ lags, cameAt }: Pick<SimulatedRun, 'lags' | 'cameAt'>): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanLag, meanTime] = [mean(lags), mean(cameAt)];
  const covariance = mean(
    lags.map((lag, index) => (lag - meanLag) * ((cameAt[index] ?? 0) - meanTime)),
  );
  return covariance / mean(cameAt.map((time) => (time - meanTime) ** 2)) / 1000;
}

/** From this growth on the sync does not keep up. Less is chance. */
export const growing = 0.03;

/** How long after a change another writer may write. */
const writersWithinMs = 200;

function urlOf(name: string): string {
  return `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;
}

/** When changes come, in milliseconds: at random (Poisson), at the rate of the curve. */
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
