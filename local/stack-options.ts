import type { Settings, TaskRouterEmulator, TwinOptions } from './taskrouter/emulator.ts';

/** A line that a part of the world wrote. */
export interface StackLogLine {
  readonly from: 'crm-change' | 'task-event' | 'sync' | 'event-source' | 'event-bus' | 'door';
  readonly text: string;
}

/** The ways in which Twilio tells of events, or `off`: not at all. */
export type TaskEventDelivery = 'event-streams' | 'callback' | 'off';

export interface LocalStackOptions {
  /** 0 or none: any free port. */
  readonly ports?: {
    readonly webhooks?: number;
    readonly taskrouter?: number;
    readonly sqs?: number;
  };
  /** Signing secrets, by the name of the source; new ones where none are given. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Settings of the TaskRouter twin, faults and their seed among them. */
  readonly emulatorSettings?: Partial<Settings>;
  /** Variables that are set for a function, over those that it has anyway. */
  readonly environment?: {
    readonly crmChange?: Readonly<Record<string, string>>;
    readonly taskEvent?: Readonly<Record<string, string>>;
    readonly sync?: Readonly<Record<string, string>>;
  };
  /** Starts TaskRouter; the twin as it is where not given. */
  readonly startEmulator?: (options: TwinOptions) => Promise<TaskRouterEmulator>;
  /** How TaskRouter tells of what happens; by Event Streams where not given. */
  readonly taskEvents?: TaskEventDelivery;
  /** The event source; as deployed where not given. */
  readonly batchSize?: number;
  readonly windowMs?: number;
  readonly maximumConcurrency?: number;
  /** How many of each door's function run at once; four where not given. */
  readonly webhookConcurrency?: number;
  /** How many of the queues' seconds pass in one; 1 where not given. */
  readonly timeFactor?: number;
  /** How often a message is handed over before SQS moves it to the dead letters; as deployed where not given. */
  readonly maxReceiveCount?: number;
  /** Options of Node for every function, such as `--import`. */
  readonly execArgv?: readonly string[];
  /** What the sync runs in; worker threads where not given. */
  readonly syncRunsIn?: 'thread' | 'process';
  readonly crmChangeTimeoutSeconds?: number;
  readonly syncTimeoutSeconds?: number;
  /** Is given what the functions and the parts around them write, line by line. */
  readonly log?: (line: StackLogLine) => void;
}
