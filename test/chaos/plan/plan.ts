import { isObject, type JsonObject } from '../../../shared/json.ts';
import type { Random } from './random.ts';

/** A conversation. Its number is its place in the plan. */
export interface PlannedTask {
  /** The id of a Zendesk ticket in its attributes, if any. */
  readonly ticketOnTask: string | undefined;
  readonly callSid: string;
  /** Whether its agents pick other Zendesk tickets, and none in the end. */
  readonly isPicky: boolean;
  /** Whether a plugin fills its attributes up to the limit at the start, and removes the filler later. */
  readonly startsFull: boolean;
}

/** A change of a ticket. Sent twice, it has the same content. */
export interface PlannedChange {
  readonly source: 'zendesk' | 'generic';
  readonly ticket: string;
  /** Counts up from 1 as the ticket changes, for any order in which its changes are sent. */
  readonly version: number;
  readonly isRemoval: boolean;
  /** The Tasks that it is for. */
  readonly tasks: readonly number[];
  /** What correlates it with its Tasks: a SID in the change, or the ticket id in the Task's attributes. */
  readonly correlatedBy: 'task' | 'call' | 'attribute';
}

/** One step. Times are in seconds of the scaled clock. */
export type Step =
  /** A conversation starts; an agent accepts it, transfers it cold, completes it. */
  | { readonly action: 'open' | 'accept' | 'transfer' | 'complete'; readonly task: number }
  /** An agent rejects it; the caller hangs up before anybody accepts it. */
  | { readonly action: 'reject' | 'abandon'; readonly task: number }
  /** An agent picks another Zendesk ticket, for which a plugin changes the attribute of the Task. */
  | { readonly action: 'pick'; readonly task: number; readonly ticket: string }
  /** The CRM sends a webhook. */
  | { readonly action: 'send'; readonly change: number }
  /** A plugin reads and writes at once. */
  | ({ readonly action: 'write' } & TaskWrite)
  /** A plugin writes between the sync's read and write, this many times. */
  | ({ readonly action: 'collide'; readonly times: number } & TaskWrite)
  /** A plugin reads before the sync writes and writes that back right after, this many times. */
  | ({ readonly action: 'wipe'; readonly times: number } & TaskWrite)
  /** A plugin writes back what it read this many seconds ago. */
  | ({ readonly action: 'hold'; readonly seconds: number } & TaskWrite)
  /** The plugin removes what filled the attributes. */
  | { readonly action: 'remove filler'; readonly task: number }
  /** An unreadable message is sent to the queue. */
  | { readonly action: 'poison' }
  /** The sync is killed at the next such place; at any moment: so many real milliseconds after a batch has begun. */
  | { readonly action: 'kill'; readonly place: SyncKillPlace; readonly afterMs: number }
  | { readonly action: 'outage' | 'restart webhooks'; readonly seconds: number };

interface TaskWrite {
  readonly task: number;
  readonly writing: ExternalWrite;
}

/**
 * Where the sync is killed: at any moment of a batch; or when TaskRouter has sent a Task, when it has changed one, when
 * SQS holds a dead letter, and the sync has no answer yet.
 */
export const syncKillPlaces = ['anyMoment', 'afterRead', 'afterWrite', 'afterDeadLetter'] as const;

export type SyncKillPlace = (typeof syncKillPlaces)[number];

/** The steps, in this order. */
export interface Plan {
  readonly tasks: readonly PlannedTask[];
  readonly changes: readonly PlannedChange[];
  readonly steps: readonly Step[];
}

/** Whether a step counts as an event: failures of the pipeline itself do not. */
export function isEvent({ action }: Step): boolean {
  return !['kill', 'outage', 'restart webhooks', 'poison'].includes(action);
}

export function ticketKeyOf({ source, ticket }: Pick<PlannedChange, 'source' | 'ticket'>): string {
  return `${source}/${ticket}`;
}

/** A write of Flex or a plugin to the attributes of a Task. */
export interface ExternalWrite {
  readonly kind: 'note' | 'recording' | 'chat' | 'list' | 'end';
  readonly n: number;
}

/** Enough attributes that later writes hide few earlier ones, and few enough that all fit. */
const noteCount = 12;

const writeKinds = ['note', 'note', 'note', 'recording', 'chat', 'list'] as const;

export function drawExternalWrite(random: Random): ExternalWrite {
  return { kind: random.oneOf(writeKinds), n: random.between(1, 99) };
}

/** The attributes after a write by someone who does not know of our ledger. */
export function applyWrite(attributes: JsonObject, { kind, n }: ExternalWrite): JsonObject {
  switch (kind) {
    case 'note':
      return { ...attributes, [`note_${n % noteCount}`]: n };
    case 'end':
      return { ...attributes, ended: n };
    case 'recording':
      return withConversations(attributes, { segment_link: `https://recordings.example/RE${n}` });
    case 'chat':
      return { ...attributes, conversationSid: `CH${String(n).padStart(32, '0')}` };
    case 'list':
      return withConversations(attributes, {
        media: [{ type: 'VoiceRecording', url: `https://recordings.example/dual/${n}` }],
      });
  }
}

/** How an unreadable message begins, to recognise it among the dead letters. */
export const poisonPrefix = 'unreadable ';

function withConversations(attributes: JsonObject, fields: JsonObject): JsonObject {
  const { conversations } = attributes;
  return {
    ...attributes,
    conversations: { ...(isObject(conversations) ? conversations : {}), ...fields },
  };
}
