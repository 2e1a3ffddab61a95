import type { TwilioAccount } from './stack-description.ts';
import type { EmulatorOptions, Settings, TaskRouterEmulator } from './taskrouter/emulator.ts';

/** One line of the log of a part of the stack. */
export interface StackLogLine {
  readonly from: 'crm-change' | 'task-event' | 'sync' | 'event-source' | 'event-bus' | 'http-api';
  readonly text: string;
}

/** How TaskRouter sends its events; `off`: it sends none. */
export type TaskEventDelivery = 'event-streams' | 'callback' | 'off';

/** The servers of the stack, and the port of each; 0 or no port: any free one. */
export interface StackPorts {
  readonly webhooks?: number | undefined;
  readonly taskrouter?: number | undefined;
  readonly sqs?: number | undefined;
  readonly eventBridge?: number | undefined;
  readonly logs?: number | undefined;
  readonly secretsManager?: number | undefined;
}

/** What differs from the deployed stack. */
export interface LocalStackOptions {
  readonly ports?: StackPorts;
  /** A random one by default. */
  readonly account?: TwilioAccount | undefined;
  /** Signing secrets, by the name of the source. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Secrets of an earlier start, for sources that `secrets` does not name; the others get a new one. */
  readonly savedSecrets?: Readonly<Record<string, string>> | undefined;
  /** Settings of the TaskRouter emulator, e.g. faults and their seed. */
  readonly emulatorSettings?: Partial<Settings>;
  /** Environment variables that replace or extend those of a function. */
  readonly environment?: {
    readonly crmChange?: Readonly<Record<string, string>>;
    readonly taskEvent?: Readonly<Record<string, string>>;
    readonly sync?: Readonly<Record<string, string>>;
  };
  /** Starts TaskRouter; the plain emulator by default. */
  readonly startEmulator?: (options: EmulatorOptions) => Promise<TaskRouterEmulator>;
  /** Event Streams by default. */
  readonly taskEvents?: TaskEventDelivery;
  /** The event source mapping; as deployed by default. */
  readonly batchSize?: number;
  readonly windowMs?: number;
  readonly maximumConcurrency?: number;
  /** How many invocations of each webhook function run at once; 4 by default. */
  readonly webhookConcurrency?: number;
  /** How many seconds of the queues pass in one second; 1 by default. */
  readonly timeFactor?: number;
  /** Receives before SQS moves a message to the dead-letter queue; as deployed by default. */
  readonly maxReceiveCount?: number;
  /** Options of Node for every function, such as `--import`. */
  readonly execArgv?: readonly string[];
  /** Worker threads by default. Only a process can be killed. */
  readonly syncRunsIn?: 'thread' | 'process';
  readonly webhookTimeoutSeconds?: number;
  readonly syncTimeoutSeconds?: number;
  /** Takes each log line of the functions and of the parts around them. */
  readonly log?: (line: StackLogLine) => void;
}
