import type { SQSRecord } from 'aws-lambda';
import type { TwilioAccount } from './stack-description.ts';
import type { EmulatorOptions, Settings, TaskRouterEmulator } from './taskrouter/emulator.ts';

/** A log line, and the part of the stack that wrote it. */
export interface StackLogLine {
  from: 'crm-change' | 'task-event' | 'sync' | 'event-source' | 'event-bus' | 'http-api';
  text: string;
}

/** How TaskRouter sends its events. `off`: it sends none. */
export type TaskEventDelivery = 'event-streams' | 'callback' | 'off';

/** The port of each server. 0 or undefined: any free port. */
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

/** How the local stack differs from the deployed stack. */
export interface LocalStackOptions {
  ports?: StackPorts;
  /** The Twilio account. Default: a random one. */
  account?: TwilioAccount | undefined;
  /** Signing secrets, by the name of the source. */
  secrets?: Readonly<Record<string, string>>;
  /** Secrets of an earlier start, for sources that `secrets` does not name. All others get a new secret. */
  savedSecrets?: Readonly<Record<string, string>> | undefined;
  /** Settings that differ from those of the CRM's stand-in, by the name of the source. */
  sourceSettings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Settings of the TaskRouter emulator, e.g. faults and their seed. */
  emulatorSettings?: Partial<Settings>;
  /** Environment variables that replace or extend those of a function. */
  environment?: {
    crmChange?: Readonly<Record<string, string>>;
    taskEvent?: Readonly<Record<string, string>>;
    sync?: Readonly<Record<string, string>>;
  };
  /** Starts TaskRouter. Default: the plain emulator. */
  startEmulator?: (options: EmulatorOptions) => Promise<TaskRouterEmulator>;
  /** Default: Event Streams. */
  taskEvents?: TaskEventDelivery;
  /** The event source mapping of each queue. Default: as deployed. Only the mapping of `lookups` has a window. */
  batchSize?: number;
  windowMs?: number;
  maximumConcurrency?: number;
  /** How many invocations of each webhook function run at once. Default: 4. */
  webhookConcurrency?: number;
  /** How much faster than real time the queues run. Default: 1. */
  timeFactor?: number;
  /** Command-line options for Node in every function, e.g. `--import`. */
  execArgv?: readonly string[];
  /** Worker threads by default. Only a process can be killed, or measured separately. */
  syncRunsIn?: 'thread' | 'process';
  webhooksRunIn?: 'thread' | 'process';
  /** How many spare processes or threads of sync are loaded. They replace those that end. Default: none. */
  syncStandby?: number;
  webhookTimeoutSeconds?: number;
  syncTimeoutSeconds?: number;
  /** Gets the records of each batch, before sync does. */
  onBatch?: (records: readonly SQSRecord[]) => void;
  /** Called after sync has sent dead letters, before SQS responds. */
  onDeadLetter?: () => void;
  /** Gets each log line of the functions and of all other parts of the stack. */
  log?: (line: StackLogLine) => void;
}
