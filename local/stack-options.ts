import type { SQSRecord } from 'aws-lambda';
import type { TwilioAccount } from './stack-description.ts';
import type { EmulatorOptions, Settings, TaskRouterEmulator } from './taskrouter/emulator.ts';

/** One line of the log of a part of the stack. */
export interface StackLogLine {
  from: 'crm-change' | 'task-event' | 'sync' | 'event-source' | 'event-bus' | 'http-api';
  text: string;
}

/** How TaskRouter sends its events; `off`: it sends none. */
export type TaskEventDelivery = 'event-streams' | 'callback' | 'off';

/** The servers of the stack, and the port of each; 0 or no port: any free one. */
export interface StackPorts {
  webhooks?: number | undefined;
  taskrouter?: number | undefined;
  sqs?: number | undefined;
  eventBridge?: number | undefined;
  logs?: number | undefined;
  secretsManager?: number | undefined;
  lambda?: number | undefined;
  console?: number | undefined;
  crmPages?: number | undefined;
}

/** What differs from the deployed stack. */
export interface LocalStackOptions {
  ports?: StackPorts;
  /** A random one by default. */
  account?: TwilioAccount | undefined;
  /** Signing secrets, by the name of the source. */
  secrets?: Readonly<Record<string, string>>;
  /** Secrets of an earlier start, for sources that `secrets` does not name; the others get a new one. */
  savedSecrets?: Readonly<Record<string, string>> | undefined;
  /** Settings of single sources that differ from those of their CRM's stand-in, by name. */
  sourceSettings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Settings of the TaskRouter emulator, e.g. faults and their seed. */
  emulatorSettings?: Partial<Settings>;
  /** Environment variables that replace or extend those of a function. */
  environment?: {
    crmChange?: Readonly<Record<string, string>>;
    taskEvent?: Readonly<Record<string, string>>;
    sync?: Readonly<Record<string, string>>;
  };
  /** Starts TaskRouter; the plain emulator by default. */
  startEmulator?: (options: EmulatorOptions) => Promise<TaskRouterEmulator>;
  /** Event Streams by default. */
  taskEvents?: TaskEventDelivery;
  /** The event source mapping of each queue; as deployed by default. Only that of `lookups` has a window. */
  batchSize?: number;
  windowMs?: number;
  maximumConcurrency?: number;
  /** How many invocations of each webhook function run at once; 4 by default. */
  webhookConcurrency?: number;
  /** How many seconds of the queues pass in one second; 1 by default. */
  timeFactor?: number;
  /** Options of Node for every function, such as `--import`. */
  execArgv?: readonly string[];
  /** Worker threads by default. Only a process can be killed, or measured apart. */
  syncRunsIn?: 'thread' | 'process';
  webhooksRunIn?: 'thread' | 'process';
  /** How many further processes or threads of the sync are loaded, to replace those that end; none by default. */
  syncStandby?: number;
  webhookTimeoutSeconds?: number;
  syncTimeoutSeconds?: number;
  /** Takes the records of each batch, before the sync does. */
  onBatch?: (records: readonly SQSRecord[]) => void;
  /** Called when the sync has sent dead letters, before SQS answers. */
  onDeadLetter?: () => void;
  /** Takes each log line of the functions and of the parts around them. */
  log?: (line: StackLogLine) => void;
}
