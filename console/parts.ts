import type { ConversationAction } from './actions.ts';

/** What the server of the console sends to its page: parts. Each part has a key (`depths`, or `change/12`). */
export interface Parts {
  about: About;
  health: Health;
  depths: Depths;
  deadLetters: DeadLetters;
  operation: Operation;
  stack: StackView;
  oldest: OldestMessages;
  alarms: Alarms;
  problems: Problems;
  faults: Faults;
  conversation: ConversationView;
  change: ChangeView;
}

export type PartKind = keyof Parts;

/** The new value of a part. Null: the part was removed. */
export type PartUpdate = readonly [key: string, value: Parts[PartKind] | null];

/**
 * The stack that the console shows. All times are milliseconds since 1970, on the server's clock.
 */
export interface About {
  /** The name of the deployment, e.g. `local stack`. */
  deployment: string;
  /**
   * The port of the CRM's pages. It is another origin, so that the browser frames them as it frames
   * a real CRM.
   */
  crmPort?: number;
  /** The sources in the Send column. A deployed stack has none. */
  sources: readonly SourceView[];
  /** Whether the user can put the clock forward. */
  canPassTime: boolean;
}

export interface SourceView {
  name: string;
  /** The name that people know, e.g. `Zendesk`. */
  label: string;
  taskAttribute: string;
  linkType: 'Referenced' | 'Embedded';
  /** Whether its webhooks are signed. Events of EventBridge are not. */
  isSigned: boolean;
  /** Whether the link uses a title that the CRM sends. */
  takesTitle: boolean;
  scenarios: readonly Scenario[];
}

/** An event in a CRM, and the payload that the CRM then sends. */
interface Scenario {
  file: string;
  description: string;
  group: 'story' | 'others' | 'ignored';
}

/** Whether every accepted change is on its Task now. */
export interface Health {
  state: 'good' | 'under-way' | 'dead-letters' | 'violated';
  text: string;
  /** A description of each change that is missing. */
  violations: readonly string[];
}

export interface Depths {
  queues: readonly QueueDepthView[];
}

interface QueueDepthView {
  name: string;
  /** The key of the queue in `OldestMessages`. */
  id: string;
  /** Whether sync receives the queue's messages. All other queues are dead-letter queues. */
  isForSync: boolean;
  visible: number;
  inFlight: number;
  delayed: number;
}

export interface DeadLetters {
  /** The newest dead letter comes first. */
  messages: readonly DeadLetterView[];
  /** How many dead letters are not in `messages`: the page reads a limited number. */
  more: number;
}

/** The replay or purge that is running, or the last one. */
export interface Operation {
  name: 'replay' | 'purge';
  isRunning: boolean;
  /** The current step, e.g. `Replaying`. */
  step?: string | undefined;
  done?: number | undefined;
  total?: number | undefined;
  note?: string | undefined;
  /** The output, after the operation has ended. */
  result?: string | undefined;
  /** Why the operation failed, and what to do. */
  problem?: string | undefined;
}

/** The location of a deployment, its operator, and whether sync runs. */
export interface StackView {
  region: string;
  account?: string | undefined;
  /** The ARN of the operator in AWS. The local stack has none. */
  identity?: string | undefined;
  /** The state of sync's event source mappings, e.g. `running` or `paused`. */
  sync: string;
}

/**
 * The age of the oldest message of each queue in seconds, from CloudWatch. A queue without recent
 * data is missing.
 */
export type OldestMessages = Readonly<Record<string, number>>;

/** The alarms of a stack. Alarms in the state ALARM come first. */
export interface Alarms {
  alarms: readonly AlarmView[];
}

interface AlarmView {
  name: string;
  state: string;
  /** When the alarm changed to this state. */
  since?: number | undefined;
  description: string;
  /** The section of the runbook that describes the alarm. */
  runbook: string;
}

/** The data that cannot be read now. */
interface Problems {
  problems: readonly { text: string; next: string }[];
}

export interface DeadLetterView {
  id: string;
  queue: 'dead-letters' | 'events';
  reason: string;
  /** The meaning of the reason, and what to do. */
  advice: string;
  detail?: string | undefined;
  source?: string | undefined;
  ticket?: string | undefined;
  task?: string | undefined;
  tries?: number | undefined;
  firstSeen: number;
}

/** The faults that are turned on. */
export interface Faults {
  outage: boolean;
  /** The share of calls to TaskRouter that get a fault, 0 to 1. */
  rate: number;
  kind: string;
  latencyMs: number;
  eventLossRate: number;
  deleteAfterSeconds: number;
  webhooksStopped: boolean;
  syncPaused: boolean;
  /** While the clock is put forward: the time that has passed, e.g. `2 h 15 min of 6 h 30 min`. */
  passing?: string;
}

export interface ConversationView {
  sid: string;
  title: string;
  channel: 'call' | 'chat' | 'e-mail';
  status: string;
  createdAt: number;
  finishedAt?: number | undefined;
  deletesAt?: number | undefined;
  isDeleted: boolean;
  segments: readonly SegmentTime[];
  /** The attributes as JSON text. Their size is counted in characters. */
  attributes: string;
  size: { used: number; limit: number; links: number; ledger: number };
  tickets: readonly TicketView[];
  actions: readonly ConversationAction[];
}

export interface SegmentTime {
  sid: string;
  worker: string;
  status: string;
  from: number;
  acceptedAt?: number | undefined;
  to?: number | undefined;
  isTarget: boolean;
  rawFirst: boolean;
  media: readonly MediaView[];
}

export interface MediaView {
  type: string;
  title: string;
  url?: string | undefined;
  /** The ticket that the link belongs to. Undefined for an item of another writer. */
  ticket?: string | undefined;
  /** What replaces the URL in the local stack: the path of a CRM's page, or a sound. */
  page?: string | undefined;
  sound?: string | undefined;
  /** Whether the CRM does not allow to show this page in a frame. */
  refusesFrames?: boolean | undefined;
}

/** A ticket in the ledger of a Task. */
export interface TicketView {
  ticket: string;
  version?: string | undefined;
  at?: string | undefined;
  state: string;
  because: readonly string[];
}

export interface ChangeView {
  id: string;
  at: number;
  kind: 'change' | 'reconcile' | 'confirmation' | 'recheck' | 'webhook';
  /** A ticket's key, or the SID of a Task. */
  subject: string;
  /** The state is `under-way` until sync logs an outcome. */
  state: 'under-way' | 'good' | 'quiet' | 'waiting' | 'bad';
  outcome: string;
  note?: string | undefined;
  lagMs?: number | undefined;
  calls?: number | undefined;
  tries: number;
  tasks: readonly string[];
  steps: readonly Step[];
}

export interface Step {
  at: number;
  text: string;
  difference?: readonly Difference[] | undefined;
}

/** A part of a Task's attributes that a write changed. */
export interface Difference {
  path: string;
  before?: string | undefined;
  after?: string | undefined;
}
