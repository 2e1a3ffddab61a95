import { setTimeout as delay } from 'node:timers/promises';
import {
  batchSize,
  defaultTasksInParallel,
  syncTimeoutSeconds as deployedTimeoutSeconds,
  maxReceiveCount,
  visibilityTimeoutSeconds,
} from '../shared/config/numbers.ts';
import { expectedTries } from '../shared/config/retry.ts';
import { deadEvent } from './aws/dead-event.ts';
import { startDoor } from './aws/door.ts';
import { startEventBus } from './aws/event-bus.ts';
import { startEventSource } from './aws/event-source.ts';
import { startFunction } from './aws/function.ts';
import {
  crmChangeEnvironment,
  secretNames,
  syncEnvironment,
  taskEventEnvironment,
} from './aws/function-environments.ts';
import { startLogs } from './aws/logs.ts';
import { startQueues } from './aws/queues.ts';
import { startSecrets } from './aws/secrets.ts';
import { closers } from './closers.ts';
import { connectEvents } from './connect-events.ts';
import { startTwin } from './twin/twin.ts';
import { describeSource, randomAccount, type WorldDescription } from './world-description.ts';
import type { WorldLine, WorldOptions } from './world-options.ts';
import { restartableFunction, restartableServer } from './world-restart.ts';
import { worldSources } from './world-sources.ts';

export type { WorldLine, WorldOptions } from './world-options.ts';

export interface World {
  readonly description: WorldDescription;
  /** The HTTP server and its functions: all stop at once, and start again where they were. */
  readonly door: { stop(): Promise<void>; start(): Promise<void> };
  /** Ends a sync that has a batch, as a crash does; false where none has one. */
  crashSync(): boolean;
  /** Stops everything, within about two seconds. What is in the queues is lost. */
  close(): Promise<void>;
}

const region = 'us-east-1';
const doorConcurrency = 4;
const taskEventsPath = '/twilio/task-events';
const doorTimeoutSeconds = 10;
/** How long a stop waits for an invocation before it ends the function. */
const graceMs = 1500;
/** Lambda waits one minute and then two before it tries an event again. */
const eventRetryDelaysMs = [1000, 2000];

const lambda = (name: string) => new URL(`../lambdas/${name}/handler.ts`, import.meta.url);

/**
 * Starts the whole pipeline in this process: door, functions, SQS and the TaskRouter twin, all on
 * 127.0.0.1. Each part starts when those that it calls are there, and they stop the other way round.
 * @throws Error when a part cannot start; those that already had are stopped again.
 */
export const startWorld = async (options: WorldOptions = {}): Promise<World> => {
  const { start, closeAll } = closers();
  const account = randomAccount();
  const sources = await worldSources(options.secrets ?? {});
  const syncTimeoutSeconds = options.syncTimeoutSeconds ?? deployedTimeoutSeconds;
  const maximumConcurrency = options.maximumConcurrency ?? 2;
  const logFrom = (from: WorldLine['from']) => (text: string) => options.log?.({ from, text });

  const openTwin = options.startTwin ?? startTwin;
  const twin = await start(
    openTwin({ ...account, port: options.ports?.taskrouter ?? 0, settings: options.twin ?? {} }),
  );
  const visibilitySeconds = visibilityTimeoutSeconds(syncTimeoutSeconds);
  const queues = await start(
    startQueues({
      port: options.ports?.sqs,
      queue: 'changes',
      deadLetterQueue: 'changes-dead-letters',
      eventDeadLetterQueue: 'event-dead-letters',
      visibilitySeconds,
      maxReceiveCount: options.maxReceiveCount ?? maxReceiveCount(expectedTries, visibilitySeconds),
      timeFactor: options.timeFactor,
    }),
  );
  const { accountSid, apiKey, apiSecret, workspaceSid, authToken } = account;
  const secrets = await start(
    startSecrets({
      [secretNames.twilio]: JSON.stringify({ accountSid, apiKey, apiSecret }),
      [secretNames.authToken]: authToken,
      ...Object.fromEntries(
        sources.flatMap((source) =>
          source.transport === 'http' ? [[secretNames.source(source.name), source.secret]] : [],
        ),
      ),
    }),
  );

  const logs = await start(startLogs());
  const syncLogGroup = '/aws/lambda/sync';
  const keepSyncLine = logs.openGroup(syncLogGroup);

  const { queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl } = queues;
  const endpoints = { sqs: queues.url, secretsManager: secrets.url, queueUrl };
  const { execArgv } = options;
  const concurrency = options.doorConcurrency ?? doorConcurrency;
  const crmChange = await start(
    restartableFunction(() =>
      startFunction({
        name: 'crm-change',
        module: lambda('crm-change'),
        environment: {
          ...crmChangeEnvironment(endpoints, sources),
          ...options.environment?.crmChange,
        },
        timeoutMs: (options.crmChangeTimeoutSeconds ?? doorTimeoutSeconds) * 1000,
        concurrency,
        execArgv,
        log: logFrom('crm-change'),
      }),
    ),
  );
  const taskEvent = await start(
    restartableFunction(() =>
      startFunction({
        name: 'task-event',
        module: lambda('task-event'),
        environment: {
          ...taskEventEnvironment(endpoints, sources, account),
          ...options.environment?.taskEvent,
        },
        timeoutMs: doorTimeoutSeconds * 1000,
        concurrency,
        execArgv,
        log: logFrom('task-event'),
      }),
    ),
  );
  const sync = await start(
    startFunction({
      name: 'sync',
      module: lambda('sync'),
      environment: {
        ...syncEnvironment(endpoints, {
          deadLetterQueueUrl,
          taskrouter: twin.url,
          workspaceSid,
          concurrency: maximumConcurrency,
        }),
        ...options.environment?.sync,
      },
      timeoutMs: syncTimeoutSeconds * 1000,
      concurrency: maximumConcurrency,
      execArgv,
      runsIn: options.syncRunsIn,
      log: (line) => {
        keepSyncLine(line);
        options.log?.({ from: 'sync', text: line });
      },
    }),
  );
  // A module that cannot load is told at the start, and the first webhook is not slow.
  await start(
    Promise.all([crmChange.warm(), taskEvent.warm(), sync.warm()]).then(() => ({
      close: async () => {},
    })),
  );

  await start(
    startEventSource({
      sqs: queues.sqs,
      queueUrl,
      batchSize: options.batchSize ?? batchSize(defaultTasksInParallel, syncTimeoutSeconds),
      windowMs: options.windowMs ?? 1000,
      maximumConcurrency,
      invoke: sync.invoke,
      log: logFrom('event-source'),
    }).then(({ stop }) => ({
      close: async () => {
        const stopped = stop();
        await Promise.race([stopped, delay(graceMs, undefined, { ref: false })]);
        await sync.close();
        await stopped;
      },
    })),
  );
  const door = await start(
    restartableServer(options.ports?.door, (port) =>
      startDoor({
        port,
        invoke: crmChange.invoke,
        routes: { [`POST ${taskEventsPath}`]: taskEvent.invoke },
        log: logFrom('door'),
      }),
    ),
  );
  const taskEventsUrl = door.url + taskEventsPath;
  await start(
    connectEvents(options.taskEvents ?? 'event-streams', {
      ...account,
      taskrouter: twin.url,
      taskEventsUrl,
    }).then(() => ({ close: async () => {} })),
  );
  const eventBus = await start(
    startEventBus({
      rules: sources.flatMap(({ transport, crm }) =>
        transport === 'event-bus'
          ? [{ source: crm.settings.partnerEventSource, detailTypes: [crm.detailType] }]
          : [],
      ),
      invoke: crmChange.invoke,
      deadLetter: (event, error) =>
        queues.sqs.send(deadEvent(eventDeadLetterQueueUrl, event, error)),
      retryDelaysMs: eventRetryDelaysMs,
      log: logFrom('event-bus'),
    }),
  );

  const reached = { door: door.url, eventBridge: eventBus.url };
  return {
    description: {
      door: door.url,
      taskrouter: twin.url,
      sqs: queues.url,
      queueUrl,
      deadLetterQueueUrl,
      eventBridge: eventBus.url,
      eventDeadLetterQueueUrl,
      logs: logs.url,
      syncLogGroup,
      secretsManager: secrets.url,
      secrets: {
        twilio: secretNames.twilio,
        authToken: secretNames.authToken,
        sources: Object.fromEntries(
          sources.flatMap(({ name, transport }) =>
            transport === 'http' ? [[name, secretNames.source(name)]] : [],
          ),
        ),
      },
      ...account,
      taskEventsUrl,
      region,
      sources: Object.fromEntries(
        sources.map((source) => [source.name, describeSource(source, reached)]),
      ),
    },
    door: {
      stop: async () => {
        await Promise.all([crmChange.close(), taskEvent.close(), door.close()]);
      },
      start: () => {
        crmChange.restart();
        taskEvent.restart();
        return door.restart();
      },
    },
    crashSync: sync.crash,
    close: closeAll,
  };
};
