import {
  accountEvaluationsPerSecond,
  syncTimeoutSeconds as deployedSyncTimeoutSeconds,
  eventSources,
  type QueueName,
  queueNames,
} from '../shared/config/limits.ts';
import { type LambdaFunction, startFunction } from './aws/function.ts';
import { type RestartableFunction, restartableFunction } from './lifecycle.ts';
import type { LocalSource } from './sources.ts';
import type { TwilioAccount } from './stack-description.ts';
import type { LocalStackOptions, StackLogLine } from './stack-options.ts';

/** The three Lambda functions. */
export interface StackFunctions {
  crmChange: RestartableFunction;
  taskEvent: RestartableFunction;
  sync: LambdaFunction;
  close(): Promise<void>;
}

/** The addresses and secrets that the functions use, and where their log lines go. */
interface FunctionSurroundings {
  sources: readonly LocalSource[];
  account: TwilioAccount;
  /** The base URL of TaskRouter. */
  taskrouter: string;
  queues: {
    url: string;
    queueUrls: Readonly<Record<QueueName, string>>;
    deadLetterQueueUrl: string;
  };
  /** The URL of Secrets Manager. */
  secretsManager: string;
  /** Appends a line to the log group of a function. */
  writeLog: Readonly<Record<FunctionName, (line: string) => void>>;
}

type FunctionName = 'crm-change' | 'task-event' | 'sync';

const defaultWebhookConcurrency = 4;

const deployedWebhookTimeoutSeconds = 10;

/**
 * Starts the functions and loads their modules. So a module that does not load fails here, and the first webhook is
 * not slow.
 * @throws Error that names the function whose module does not load
 */
export async function startFunctions(
  surroundings: FunctionSurroundings,
  options: LocalStackOptions,
): Promise<StackFunctions> {
  const { sources, account, queues } = surroundings;
  const { queueUrls, deadLetterQueueUrl } = queues;
  const endpoints = { sqs: queues.url, secretsManager: surroundings.secretsManager, queueUrls };
  const common = (name: FunctionName) => ({
    name,
    module: new URL(`../lambdas/${name}/handler.ts`, import.meta.url),
    execArgv: options.execArgv,
    log: (line: string) => {
      surroundings.writeLog[name](line);
      logFrom(name, options)(line);
    },
  });
  const webhookLimits = {
    timeoutMs: (options.webhookTimeoutSeconds ?? deployedWebhookTimeoutSeconds) * 1000,
    concurrency: options.webhookConcurrency ?? defaultWebhookConcurrency,
    runsIn: options.webhooksRunIn,
  };

  const crmChange = restartableFunction(() =>
    startFunction({
      ...common('crm-change'),
      ...webhookLimits,
      environment: {
        ...crmChangeEnvironment(endpoints, sources),
        ...options.environment?.crmChange,
      },
    }),
  );
  const taskEvent = restartableFunction(() =>
    startFunction({
      ...common('task-event'),
      ...webhookLimits,
      environment: {
        ...taskEventEnvironment(endpoints, sources, account),
        ...options.environment?.taskEvent,
      },
    }),
  );
  const concurrencyOf = (name: QueueName) => localEventSource(name, options).maximumConcurrency;
  const sync = startFunction({
    ...common('sync'),
    timeoutMs: localSyncTimeoutSeconds(options) * 1000,
    concurrency: queueNames.reduce((sum, name) => sum + concurrencyOf(name), 0),
    runsIn: options.syncRunsIn,
    standby: options.syncStandby,
    environment: {
      ...syncEnvironment(endpoints, sources, {
        deadLetterQueueUrl,
        taskrouter: surroundings.taskrouter,
        workspaceSid: account.workspaceSid,
        evaluationsPerSecond: accountEvaluationsPerSecond / concurrencyOf('lookups'),
      }),
      ...(options.taskEvents === 'off' && { TASK_EVENTS: 'false' }),
      ...options.environment?.sync,
    },
  });

  const close = async () => {
    await Promise.all([crmChange.close(), taskEvent.close(), sync.close()]);
  };
  try {
    await Promise.all([crmChange.warm(), taskEvent.warm(), sync.warm()]);
  } catch (error) {
    await close();
    throw error;
  }
  return { crmChange, taskEvent, sync, close };
}

/** The settings of a queue's event source mapping: as deployed, unless `options` differ. */
export function localEventSource(name: QueueName, options: LocalStackOptions) {
  const deployed = eventSources[name];
  const { windowMs = deployed.windowSeconds * 1000 } = options;
  return {
    batchSize: options.batchSize ?? deployed.batchSize,
    windowMs: name === 'lookups' ? windowMs : 0,
    maximumConcurrency: options.maximumConcurrency ?? deployed.maximumConcurrency,
  };
}

export function localSyncTimeoutSeconds(options: LocalStackOptions): number {
  return options.syncTimeoutSeconds ?? deployedSyncTimeoutSeconds;
}

/** A `log` for one part of the stack: it passes each line on, with the part's name. */
export function logFrom(
  from: StackLogLine['from'],
  { log }: LocalStackOptions,
): (text: string) => void {
  return (text) => log?.({ from, text });
}

/** The names of the secrets that the functions read. */
export const secretNames = {
  twilio: 'twilio',
  authToken: 'twilio-auth-token',
  source: (name: string) => `source-${name}`,
};

interface Endpoints {
  sqs: string;
  secretsManager: string;
  queueUrls: Readonly<Record<QueueName, string>>;
}

/** The environment variables of crm-change. */
export function crmChangeEnvironment(
  endpoints: Endpoints,
  sources: readonly LocalSource[],
): Record<string, string> {
  return {
    ...commonVariables('crm-change', endpoints),
    LOOKUP_QUEUE: endpoints.queueUrls.lookups,
    SOURCES: serializeSources(sources),
  };
}

/** The environment variables of task-event. */
function taskEventEnvironment(
  endpoints: Endpoints,
  sources: readonly LocalSource[],
  account: { accountSid: string; workspaceSid: string },
): Record<string, string> {
  return {
    ...commonVariables('task-event', endpoints),
    SOURCES: serializeSources(sources),
    AUTH_TOKEN_SECRET: secretNames.authToken,
    ACCOUNT_SID: account.accountSid,
    WORKSPACE_SID: account.workspaceSid,
  };
}

/** The environment variables of sync. */
export function syncEnvironment(
  endpoints: Endpoints,
  sources: readonly LocalSource[],
  options: {
    deadLetterQueueUrl: string;
    taskrouter: string;
    workspaceSid: string;
    evaluationsPerSecond: number;
  },
): Record<string, string> {
  return {
    ...commonVariables('sync', endpoints),
    SOURCES: serializeSources(sources),
    LOOKUP_QUEUE: endpoints.queueUrls.lookups,
    DEAD_LETTER_QUEUE: options.deadLetterQueueUrl,
    TWILIO_SECRET: secretNames.twilio,
    WORKSPACE_SID: options.workspaceSid,
    TASKROUTER_URL: options.taskrouter,
    EVALUATIONS_PER_SECOND: String(options.evaluationsPerSecond),
  };
}

function commonVariables(service: string, { sqs, secretsManager, queueUrls }: Endpoints) {
  return {
    POWERTOOLS_SERVICE_NAME: service,
    POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    QUEUE_URL: queueUrls.changes,
  };
}

function serializeSources(sources: readonly LocalSource[]): string {
  return JSON.stringify(
    Object.fromEntries(
      sources.map(({ name, kind, transport, crm }) => [
        name,
        {
          kind,
          ...crm.settings,
          ...(transport === 'http' && { secret: secretNames.source(name) }),
        },
      ]),
    ),
  );
}
