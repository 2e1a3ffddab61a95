import { setTimeout as delay } from 'node:timers/promises';
import { maxReceiveCount, queueNames, visibilityTimeoutSeconds } from '../shared/config/limits.ts';
import { failedEventCommand, startEventBridge } from './aws/event-bridge.ts';
import { startEventSourceMapping } from './aws/event-source-mapping.ts';
import { startHttpApi } from './aws/http-api.ts';
import { startCloudWatchLogs, startLambdaApi, startSecretsManager } from './aws/services.ts';
import { startSqs } from './aws/sqs.ts';
import {
  localEventSource,
  localSyncTimeoutSeconds,
  logFrom,
  type StackFunctions,
  secretNames,
  startFunctions,
} from './functions.ts';
import { createLifecycle, restartableServer } from './lifecycle.ts';
import { createLocalSources, type LocalSource } from './sources.ts';
import {
  describeSource,
  type LocalStackDescription,
  randomAccount,
  type TwilioAccount,
} from './stack-description.ts';
import type { LocalStackOptions } from './stack-options.ts';
import { subscribeToTaskEvents } from './subscribe-task-events.ts';
import { startTaskRouterEmulator } from './taskrouter/emulator.ts';

export interface LocalStack {
  description: LocalStackDescription;
  /** The HTTP API and its functions. They stop together, and start again on the same port. */
  webhooks: { stop(): Promise<void>; start(): Promise<void> };
  /**
   * Ends a sync that runs a batch, as a crash does.
   * @returns false if no sync runs one
   */
  crashSync(): boolean;
  /** Stops all parts, within about two seconds. Messages in the queues are lost. */
  close(): Promise<void>;
}

const region = 'us-east-1';

const logGroups = {
  syncLogGroup: '/aws/lambda/sync',
  crmChangeLogGroup: '/aws/lambda/crm-change',
  taskEventLogGroup: '/aws/lambda/task-event',
};

const functionNames = { crmChange: 'crm-change', sync: 'sync' };

const taskEventsPath = '/twilio/task-events';

/** How long a stop waits for a running invocation before it ends the function, in milliseconds. */
const stopTimeoutMs = 1500;

/** Lambda waits one minute and then two before it retries an event. The local stack waits less. */
const eventRetryDelaysMs = [1000, 2000];

/**
 * Starts the whole pipeline on 127.0.0.1. A part starts after the parts that it calls. The parts stop in reverse
 * order.
 * @throws Error if a part does not start. The parts that have started are stopped
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const { start, run, closeAll } = createLifecycle();
  const { ports = {}, startEmulator = startTaskRouterEmulator } = options;
  const account = options.account ?? randomAccount();
  const sources = await createLocalSources(
    options.secrets ?? {},
    options.savedSecrets,
    options.sourceSettings,
  );

  const emulator = await start(
    startEmulator({
      ...account,
      port: ports.taskrouter ?? 0,
      settings: options.emulatorSettings ?? {},
    }),
  );
  const queues = await start(startQueues(options));
  const secrets = await start(
    startSecretsManager(secretValues(account, sources), ports.secretsManager),
  );
  const logs = await start(startCloudWatchLogs(ports.logs));
  const functions = await start(
    startFunctions(
      {
        sources,
        account,
        taskrouter: emulator.url,
        queues,
        secretsManager: secrets.url,
        writeLog: {
          sync: logs.createLogGroup(logGroups.syncLogGroup),
          'crm-change': logs.createLogGroup(logGroups.crmChangeLogGroup),
          'task-event': logs.createLogGroup(logGroups.taskEventLogGroup),
        },
      },
      options,
    ),
  );
  const { mappings } = await start(connectQueuesToSync(queues, functions, options));
  const crmChange = { name: functionNames.crmChange, invoke: functions.crmChange.invoke };
  const lambda = await start(startLambdaApi(functionNames.sync, mappings, crmChange, ports.lambda));
  const httpApi = await start(startWebhooks(functions, options));
  const taskEventsUrl = httpApi.url + taskEventsPath;
  await run(
    subscribeToTaskEvents(options.taskEvents ?? 'event-streams', {
      ...account,
      taskrouter: emulator.url,
      taskEventsUrl,
    }),
  );
  const eventBus = await start(startEventBus(sources, queues, functions, options));

  const endpoints = { webhooks: httpApi.url, eventBridge: eventBus.url };
  return {
    description: {
      webhooks: httpApi.url,
      taskrouter: emulator.url,
      sqs: queues.url,
      queueUrls: queues.queueUrls,
      deadLetterQueueUrl: queues.deadLetterQueueUrl,
      eventBridge: eventBus.url,
      eventDeadLetterQueueUrl: queues.eventDeadLetterQueueUrl,
      logs: logs.url,
      ...logGroups,
      lambda: lambda.url,
      functions: functionNames,
      secretsManager: secrets.url,
      secrets: describeSecrets(sources),
      ...account,
      taskEventsUrl,
      region,
      sources: Object.fromEntries(
        sources.map((source) => [source.name, describeSource(source, endpoints)]),
      ),
    },
    webhooks: {
      stop: async () => {
        const { crmChange, taskEvent } = functions;
        await Promise.all([crmChange.close(), taskEvent.close(), httpApi.close()]);
      },
      start: () => {
        functions.crmChange.restart();
        functions.taskEvent.restart();
        return httpApi.restart();
      },
    },
    crashSync: functions.sync.crash,
    close: closeAll,
  };
}

type Queues = Awaited<ReturnType<typeof startQueues>>;

function startQueues(options: LocalStackOptions) {
  const visibilitySeconds = visibilityTimeoutSeconds(localSyncTimeoutSeconds(options));
  return startSqs({
    port: options.ports?.sqs,
    queues: queueNames,
    deadLetterQueue: 'dead-letters',
    eventDeadLetterQueue: 'event-dead-letters',
    visibilitySeconds,
    maxReceiveCount: maxReceiveCount(visibilitySeconds),
    timeFactor: options.timeFactor,
    onDeadLetter: options.onDeadLetter,
  });
}

function secretValues(
  { accountSid, apiKey, apiSecret, authToken }: TwilioAccount,
  sources: readonly LocalSource[],
): Record<string, string> {
  return {
    [secretNames.twilio]: JSON.stringify({ accountSid, apiKey, apiSecret }),
    [secretNames.authToken]: authToken,
    ...Object.fromEntries(
      sources.flatMap((source) =>
        source.transport === 'http' ? [[secretNames.source(source.name), source.secret]] : [],
      ),
    ),
  };
}

function describeSecrets(sources: readonly LocalSource[]): LocalStackDescription['secrets'] {
  return {
    twilio: secretNames.twilio,
    authToken: secretNames.authToken,
    sources: Object.fromEntries(
      sources.flatMap(({ name, transport }) =>
        transport === 'http' ? [[name, secretNames.source(name)]] : [],
      ),
    ),
  };
}

/** Sends the messages of the queues to sync. A stop waits for running batches until the timeout, then ends them. */
async function connectQueuesToSync(
  { sqs, queueUrls }: Queues,
  { sync }: StackFunctions,
  options: LocalStackOptions,
) {
  const mappings = await Promise.all(
    queueNames.map((name) =>
      startEventSourceMapping({
        sqs,
        queueUrl: queueUrls[name],
        ...localEventSource(name, options),
        invoke: (event) => {
          options.onBatch?.(event.Records);
          return sync.invoke(event);
        },
        log: logFrom('event-source', options),
      }),
    ),
  );
  return {
    mappings,
    close: async () => {
      const stopped = Promise.all(mappings.map((mapping) => mapping.stop()));
      await Promise.race([stopped, delay(stopTimeoutMs, undefined, { ref: false })]);
      await sync.close();
      await stopped;
    },
  };
}

/** Starts the HTTP API. CRM webhooks go to crm-change, TaskRouter's events go to task-event. */
function startWebhooks({ crmChange, taskEvent }: StackFunctions, options: LocalStackOptions) {
  return restartableServer(options.ports?.webhooks, (port) =>
    startHttpApi({
      port,
      invoke: crmChange.invoke,
      routes: { [`POST ${taskEventsPath}`]: taskEvent.invoke },
      log: logFrom('http-api', options),
    }),
  );
}

/** Starts EventBridge. There is one rule for each source whose CRM sends its events through it. */
function startEventBus(
  sources: readonly LocalSource[],
  { sqs, eventDeadLetterQueueUrl }: Queues,
  { crmChange }: StackFunctions,
  options: LocalStackOptions,
) {
  return startEventBridge({
    port: options.ports?.eventBridge,
    rules: sources.flatMap(({ transport, crm }) =>
      transport === 'event-bus'
        ? [{ source: crm.settings.partnerEventSource, detailTypes: [crm.detailType] }]
        : [],
    ),
    invoke: crmChange.invoke,
    sendToDeadLetterQueue: (event, error) =>
      sqs.send(failedEventCommand(eventDeadLetterQueueUrl, event, error)),
    retryDelaysMs: eventRetryDelaysMs,
    log: logFrom('event-bus', options),
  });
}
