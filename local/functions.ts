import { syncTimeoutSeconds as deployedSyncTimeoutSeconds } from '../shared/config/limits.ts';
import {
  crmChangeEnvironment,
  syncEnvironment,
  taskEventEnvironment,
} from './aws/environment-variables.ts';
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

/** What the functions read and call. */
interface FunctionSurroundings {
  sources: readonly LocalSource[];
  account: TwilioAccount;
  /** Base URL of TaskRouter. */
  taskrouter: string;
  queues: {
    url: string;
    queueUrl: string;
    deadLetterQueueUrl: string;
  };
  /** The endpoint of Secrets Manager. */
  secretsManager: string;
  /** Adds a line to the log group of a function. */
  writeLog: Readonly<Record<FunctionName, (line: string) => void>>;
}

type FunctionName = 'crm-change' | 'task-event' | 'sync';

const defaultWebhookConcurrency = 4;

const deployedWebhookTimeoutSeconds = 10;

const defaultSyncConcurrency = 2;

/**
 * Starts the functions and loads their modules, so that a module that does not load fails here and the
 * first webhook is not slow.
 * @throws Error that names the function whose module does not load
 */
export async function startFunctions(
  surroundings: FunctionSurroundings,
  options: LocalStackOptions,
): Promise<StackFunctions> {
  const { sources, account, queues } = surroundings;
  const { queueUrl, deadLetterQueueUrl } = queues;
  const endpoints = { sqs: queues.url, secretsManager: surroundings.secretsManager, queueUrl };
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
  const concurrency = localSyncConcurrency(options);
  const sync = startFunction({
    ...common('sync'),
    timeoutMs: localSyncTimeoutSeconds(options) * 1000,
    concurrency,
    runsIn: options.syncRunsIn,
    environment: {
      ...syncEnvironment(endpoints, sources, {
        deadLetterQueueUrl,
        taskrouter: surroundings.taskrouter,
        workspaceSid: account.workspaceSid,
        concurrency,
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

/** How many invocations of the sync run at once. */
export function localSyncConcurrency({ maximumConcurrency }: LocalStackOptions): number {
  return maximumConcurrency ?? defaultSyncConcurrency;
}

export function localSyncTimeoutSeconds(options: LocalStackOptions): number {
  return options.syncTimeoutSeconds ?? deployedSyncTimeoutSeconds;
}

/** A function that passes the lines of one part to the log of the options. */
export function logFrom(
  from: StackLogLine['from'],
  { log }: LocalStackOptions,
): (text: string) => void {
  return (text) => log?.({ from, text });
}
