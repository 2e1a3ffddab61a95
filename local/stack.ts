import { setTimeout as delay } from 'node:timers/promises';
import {
  batchSize,
  defaultTasksInParallel,
  syncTimeoutSeconds as deployedTimeoutSeconds,
  maxReceiveCount,
  visibilityTimeoutSeconds,
} from '../shared/config/limits.ts';
import { expectedTries } from '../shared/config/retry-policy.ts';
import { startCloudWatchLogs } from './aws/cloudwatch-logs.ts';
import {
  crmChangeEnvironment,
  secretNames,
  syncEnvironment,
  taskEventEnvironment,
} from './aws/environment-variables.ts';
import { failedEventCommand, startEventBridge } from './aws/event-bridge.ts';
import { startEventSourceMapping } from './aws/event-source-mapping.ts';
import { startFunction } from './aws/function.ts';
import { startHttpApi } from './aws/http-api.ts';
import { startSecretsManager } from './aws/secrets-manager.ts';
import { startSqs } from './aws/sqs.ts';
import { createLifecycle, restartableFunction, restartableServer } from './lifecycle.ts';
import {
  createLocalSources,
  describeSource,
  type LocalStackDescription,
  randomAccount,
} from './stack-description.ts';
import type { LocalStackOptions, StackLogLine } from './stack-options.ts';
import { subscribeToTaskEvents } from './subscribe-task-events.ts';
import { startTaskRouterEmulator } from './taskrouter/emulator.ts';

export type {
  LocalStackOptions as WorldOptions,
  StackLogLine as WorldLine,
} from './stack-options.ts';

export interface LocalStack {
  readonly description: LocalStackDescription;
  /** The HTTP server and its functions: all stop at once, and start again where they were. */
  readonly webhooks: { stop(): Promise<void>; start(): Promise<void> };
  /** Ends a sync that has a batch, as a crash does; false where none has one. */
  crashSync(): boolean;
  /** Stops everything, within about two seconds. What is in the queues is lost. */
  close(): Promise<void>;
}

const region = 'us-east-1';

const defaultWebhookConcurrency = 4;

const taskEventsPath = '/twilio/task-events';

const webhookTimeoutSeconds = 10;

/** How long a stop waits for an invocation before it ends the function. */
const stopTimeoutMs = 1500;

/** Lambda waits one minute and then two before it tries an event again. */
const eventRetryDelaysMs = [1000, 2000];

/**
 * Starts the whole pipeline in this process: door, functions, SQS and the TaskRouter twin, all on
 * 127.0.0.1. Each part starts when those that it calls are there, and they stop the other way round.
 * @throws Error when a part cannot start; those that already had are stopped again.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const { start, closeAll } = createLifecycle();
  const account = randomAccount();
  const sources = await createLocalSources(options.secrets ?? {});
  const syncTimeoutSeconds = options.syncTimeoutSeconds ?? deployedTimeoutSeconds;
  const maximumConcurrency = options.maximumConcurrency ?? 2;
  const logFrom = (from: StackLogLine['from']) => (text: string) => options.log?.({ from, text });

  const startEmulator = options.startEmulator ?? startTaskRouterEmulator;
  const emulator = await start(
    startEmulator({
      ...account,
      port: options.ports?.taskrouter ?? 0,
      settings: options.emulatorSettings ?? {},
    }),
  );
  const visibilitySeconds = visibilityTimeoutSeconds(syncTimeoutSeconds);
  const queues = await start(
    startSqs({
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
    startSecretsManager({
      [secretNames.twilio]: JSON.stringify({ accountSid, apiKey, apiSecret }),
      [secretNames.authToken]: authToken,
      ...Object.fromEntries(
        sources.flatMap((source) =>
          source.transport === 'http' ? [[secretNames.source(source.name), source.secret]] : [],
        ),
      ),
    }),
  );

  const logs = await start(startCloudWatchLogs());
  const syncLogGroup = '/aws/lambda/sync';
  const writeSyncLog = logs.createLogGroup(syncLogGroup);

  const { queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl } = queues;
  const endpoints = { sqs: queues.url, secretsManager: secrets.url, queueUrl };
  const { execArgv } = options;
  const concurrency = options.webhookConcurrency ?? defaultWebhookConcurrency;
  const crmChange = await start(
    restartableFunction(() =>
      startFunction({
        name: 'crm-change',
        module: handlerUrl('crm-change'),
        environment: {
          ...crmChangeEnvironment(endpoints, sources),
          ...options.environment?.crmChange,
        },
        timeoutMs: (options.crmChangeTimeoutSeconds ?? webhookTimeoutSeconds) * 1000,
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
        module: handlerUrl('task-event'),
        environment: {
          ...taskEventEnvironment(endpoints, sources, account),
          ...options.environment?.taskEvent,
        },
        timeoutMs: webhookTimeoutSeconds * 1000,
        concurrency,
        execArgv,
        log: logFrom('task-event'),
      }),
    ),
  );
  const sync = await start(
    startFunction({
      name: 'sync',
      module: handlerUrl('sync'),
      environment: {
        ...syncEnvironment(endpoints, {
          deadLetterQueueUrl,
          taskrouter: emulator.url,
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
        writeSyncLog(line);
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
    startEventSourceMapping({
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
        await Promise.race([stopped, delay(stopTimeoutMs, undefined, { ref: false })]);
        await sync.close();
        await stopped;
      },
    })),
  );
  const httpApi = await start(
    restartableServer(options.ports?.webhooks, (port) =>
      startHttpApi({
        port,
        invoke: crmChange.invoke,
        routes: { [`POST ${taskEventsPath}`]: taskEvent.invoke },
        log: logFrom('door'),
      }),
    ),
  );
  const taskEventsUrl = httpApi.url + taskEventsPath;
  await start(
    subscribeToTaskEvents(options.taskEvents ?? 'event-streams', {
      ...account,
      taskrouter: emulator.url,
      taskEventsUrl,
    }).then(() => ({ close: async () => {} })),
  );
  const eventBus = await start(
    startEventBridge({
      rules: sources.flatMap(({ transport, crm }) =>
        transport === 'event-bus'
          ? [{ source: crm.settings.partnerEventSource, detailTypes: [crm.detailType] }]
          : [],
      ),
      invoke: crmChange.invoke,
      sendToDeadLetterQueue: (event, error) =>
        queues.sqs.send(failedEventCommand(eventDeadLetterQueueUrl, event, error)),
      retryDelaysMs: eventRetryDelaysMs,
      log: logFrom('event-bus'),
    }),
  );

  const sourceEndpoints = { webhooks: httpApi.url, eventBridge: eventBus.url };
  return {
    description: {
      webhooks: httpApi.url,
      taskrouter: emulator.url,
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
        sources.map((source) => [source.name, describeSource(source, sourceEndpoints)]),
      ),
    },
    webhooks: {
      stop: async () => {
        await Promise.all([crmChange.close(), taskEvent.close(), httpApi.close()]);
      },
      start: () => {
        crmChange.restart();
        taskEvent.restart();
        return httpApi.restart();
      },
    },
    crashSync: sync.crash,
    close: closeAll,
  };
}

function handlerUrl(name: string) {
  return new URL(`../lambdas/${name}/handler.ts`, import.meta.url);
}
