import * as z from 'zod';

/**
 * What the server of the console and its page say to each other. The server sends parts, each under a key
 * (`depths`, or `change/12`); the page asks for actions. The page imports types of this file only.
 */
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

/** A part that has changed; null if it is gone. */
export type PartUpdate = readonly [key: string, value: Parts[PartKind] | null];

/** What the console shows. All times are milliseconds since 1970, on the server's clock. */
export interface About {
  /** E.g. `local stack`. */
  deployment: string;
  /** The port of the CRM's pages: another origin, so that they are framed for real. */
  crmPort?: number;
  /** The sources that the Send column offers; none for a deployed stack. */
  sources: readonly SourceView[];
  /** Whether the clock can be put forward. */
  canPassTime: boolean;
}

export interface SourceView {
  name: string;
  /** For people, e.g. `Zendesk`. */
  label: string;
  taskAttribute: string;
  linkType: 'Referenced' | 'Embedded';
  /** Whether its webhooks are signed: events of EventBridge are not. */
  isSigned: boolean;
  /** Whether a title that the CRM sends reaches the link. */
  takesTitle: boolean;
  scenarios: readonly Scenario[];
}

/** Something that happens in a CRM, with the payload that it sends then. */
interface Scenario {
  file: string;
  description: string;
  group: 'story' | 'others' | 'ignored';
}

/** Whether every acknowledged change is on its Task now. */
export interface Health {
  state: 'good' | 'under-way' | 'dead-letters' | 'violated';
  text: string;
  /** The changes that are missing, in words. */
  violations: readonly string[];
}

export interface Depths {
  queues: readonly QueueDepthView[];
}

interface QueueDepthView {
  name: string;
  /** In `OldestMessages`. */
  id: string;
  /** Whether sync gets its messages; the others are dead-letter queues. */
  isForSync: boolean;
  visible: number;
  inFlight: number;
  delayed: number;
}

export interface DeadLetters {
  /** Newest first. */
  messages: readonly DeadLetterView[];
  /** How many more there are: only so many are read for the page. */
  more: number;
}

/** The replay or purge that runs now, or the last one. */
export interface Operation {
  name: 'replay' | 'purge';
  isRunning: boolean;
  /** What it does now, e.g. `Replaying`, and how far it is. */
  step?: string | undefined;
  done?: number | undefined;
  total?: number | undefined;
  note?: string | undefined;
  /** What it has printed, once it has ended. */
  result?: string | undefined;
  /** Why it failed, and what to do. */
  problem?: string | undefined;
}

/** Where a deployment is, and whether sync runs, as its operator sees it. */
export interface StackView {
  region: string;
  account?: string | undefined;
  /** The ARN of the operator at AWS; the local stack has none. */
  identity?: string | undefined;
  /** The state of the event sources of sync, e.g. `running` or `paused`. */
  sync: string;
}

/** The age of the oldest message of each queue in seconds, as CloudWatch measures it. None without recent data. */
export type OldestMessages = Readonly<Record<string, number>>;

/** The alarms of a stack, those in ALARM first. */
export interface Alarms {
  alarms: readonly AlarmView[];
}

interface AlarmView {
  name: string;
  state: string;
  /** When it took that state. */
  since?: number | undefined;
  description: string;
  /** Where the runbook describes it. */
  runbook: string;
}

/** What cannot be read now. */
export interface Problems {
  problems: readonly { text: string; next: string }[];
}

export interface DeadLetterView {
  id: string;
  queue: 'dead-letters' | 'events';
  reason: string;
  /** What the reason means, and what to do. */
  advice: string;
  detail?: string | undefined;
  source?: string | undefined;
  ticket?: string | undefined;
  task?: string | undefined;
  tries?: number | undefined;
  firstSeen: number;
}

/** The faults that are on now. */
export interface Faults {
  outage: boolean;
  /** The share of TaskRouter's calls that get each fault, 0 to 1. */
  rate: number;
  kind: string;
  latencyMs: number;
  eventLossRate: number;
  deleteAfterSeconds: number;
  webhooksStopped: boolean;
  syncPaused: boolean;
  /** What passes while the clock is put forward, e.g. `2 h 15 min of 6 h 30 min`. */
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
  /** The attributes as text; the size counts characters. */
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
  /** The ticket whose link this is; undefined for an item of another writer. */
  ticket?: string | undefined;
  /** The local stand-in of the URL: a page of the CRM, by its path, or a sound. */
  page?: string | undefined;
  sound?: string | undefined;
  /** Whether that page refuses to be framed. */
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
  /** The ticket's key, or a Task. */
  subject: string;
  /** `under-way` until the sync has an outcome. */
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

/** One place of a Task's attributes that a write changed. */
export interface Difference {
  path: string;
  before?: string | undefined;
  after?: string | undefined;
}

const conversationActions = [
  'accept',
  'transfer',
  'recording',
  'overwrite',
  'raw',
  'fill',
  'wrap-up',
  'complete',
  'hang-up',
] as const;

export type ConversationAction = (typeof conversationActions)[number];

const names = z.array(z.string().min(1)).min(1).exactOptional();

/** As the filter options of the commands of `dlq`; spans are milliseconds. */
const deadLetterFilter = z.strictObject({
  reason: names,
  source: names,
  ticket: names,
  olderThan: z.int().min(1).exactOptional(),
  newerThan: z.int().min(1).exactOptional(),
});

export type DeadLetterFilter = z.infer<typeof deadLetterFilter>;

const share = z.number().min(0).max(1);

/** The input of each action. */
export const actionInputs = {
  send: z.strictObject({
    source: z.string(),
    file: z.string(),
    conversation: z.string().optional(),
    title: z.string().max(1000).optional(),
    twice: z.boolean(),
    outOfOrder: z.boolean(),
    wrongSignature: z.boolean(),
  }),
  start: z.strictObject({ channel: z.enum(['call', 'chat', 'e-mail']) }),
  act: z.strictObject({ conversation: z.string(), action: z.enum(conversationActions) }),
  faults: z
    .strictObject({
      outage: z.boolean(),
      rate: share,
      kind: z.enum(['429', '500', '503', 'timeout-before', 'timeout-after']),
      latencyMs: z.int().min(0).max(5000),
      eventLossRate: share,
      deleteAfterSeconds: z.int().min(5).max(900),
      webhooksStopped: z.boolean(),
      syncPaused: z.boolean(),
    })
    .partial(),
  passTime: z.strictObject({ minutes: z.int().min(1).max(480) }),
  plan: z.strictObject({
    queue: z.enum(['dead-letters', 'events']),
    filter: deadLetterFilter,
  }),
  replay: z.strictObject({
    /** Of the dry run: only what that has found is replayed. */
    token: z.string(),
    /** Messages per second. */
    rate: z.number().min(0.1).max(1000),
    limit: z.int().min(1).exactOptional(),
  }),
  purge: z.strictObject({
    /** Of the dry run: only what that has found is deleted. */
    token: z.string(),
    /** What the person has typed: the number of messages. */
    confirmation: z.string(),
  }),
  stop: z.strictObject({}),
  why: z.strictObject({
    /** A ticket as `<source>/<id>`, or the SID of a Task, call or conversation. */
    item: z.string(),
    hours: z
      .int()
      .min(1)
      .max(24 * 14),
  }),
  doctor: z.strictObject({}),
} as const;

type Inputs = typeof actionInputs;

export type ActionName = keyof Inputs;

export type ActionInput<Name extends ActionName> = z.infer<Inputs[Name]>;

/** The output of each action. */
export interface ActionOutputs {
  send: SendAnswer;
  start: { conversation: string };
  act: null;
  faults: null;
  passTime: null;
  plan: Plan;
  replay: null;
  purge: null;
  stop: null;
  why: WhyView;
  doctor: { findings: readonly FindingView[] };
}

/** What a replay or a purge would work on. */
interface Plan {
  /** For the replay or the purge; it can be used once, for a while. */
  token: string;
  count: number;
  /** The count for people. */
  text: string;
  /** What a replay would do with the newest of them. */
  lines: readonly PlanLine[];
  /** Why a replay would not help now. */
  problem?: string | undefined;
  notes: readonly string[];
}

/** What happened to a ticket or a conversation. */
export interface WhyView {
  conclusion: string;
  next?: string | undefined;
  /** Oldest first. */
  events: readonly { at: number; part: string; text: string }[];
  /** Where it is now: Tasks and dead letters. */
  places: readonly string[];
  notes: readonly string[];
}

/** A finding of doctor. */
export interface FindingView {
  check: string;
  about: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  finding: string;
  next?: string | undefined;
}

/** The request as it was sent, and the answer. */
export interface SendAnswer {
  ticket: string;
  request: string;
  curl: string;
  status: number;
  answer: string;
}

/** What a replay would do with a dead letter. */
interface PlanLine {
  id: string;
  text: string;
}

/** The actions of a console; a deployed stack has some of them. */
export type Actions = {
  [Name in ActionName]?: (input: ActionInput<Name>) => Promise<ActionOutputs[Name]>;
};
