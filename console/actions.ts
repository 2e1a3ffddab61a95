import * as z from 'zod';

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

/** The same filters as the options of the `dlq` commands. Spans of time are in milliseconds. */
const deadLetterFilter = z.strictObject({
  reason: names,
  source: names,
  ticket: names,
  olderThan: z.int().min(1).exactOptional(),
  newerThan: z.int().min(1).exactOptional(),
});

export type DeadLetterFilter = z.infer<typeof deadLetterFilter>;

const share = z.number().min(0).max(1);

/** The input of each action that the page asks the server for. The page imports only types from this file. */
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
    /** The token of the dry run. Only messages that the dry run found are replayed. */
    token: z.string(),
    /** Messages per second. */
    rate: z.number().min(0.1).max(1000),
    limit: z.int().min(1).exactOptional(),
  }),
  purge: z.strictObject({
    /** The token of the dry run. Only messages that the dry run found are deleted. */
    token: z.string(),
    /** The number of messages, as the user has typed it. */
    confirmation: z.string(),
  }),
  stop: z.strictObject({}),
  why: z.strictObject({
    /** The key of a ticket, or the SID of a Task, call or conversation. */
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

/** The dead letters that a dry run found, and what a replay would do. */
interface Plan {
  /** Names this plan in a replay or purge. It expires, and can be used once. */
  token: string;
  count: number;
  /** The number of dead letters as text. */
  text: string;
  /** What a replay would do with the newest dead letters. */
  lines: readonly PlanLine[];
  /** Why a replay would not succeed now. */
  problem?: string | undefined;
  notes: readonly string[];
}

/** What happened to a ticket or a conversation. */
export interface WhyView {
  conclusion: string;
  next?: string | undefined;
  /** The oldest event comes first. */
  events: readonly { at: number; part: string; text: string }[];
  /** Where the ticket is now: on Tasks and in dead letters. */
  places: readonly string[];
  notes: readonly string[];
}

/** A finding of `doctor`. */
export interface FindingView {
  check: string;
  about: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  finding: string;
  next?: string | undefined;
}

/** The request as it was sent, and its response. */
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

/** The actions of a console. The console of a deployed stack has only some of them. */
export type Actions = {
  [Name in ActionName]?: (input: ActionInput<Name>) => Promise<ActionOutputs[Name]>;
};
