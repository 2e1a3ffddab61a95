import { isObject, type JsonObject } from '../../../shared/json.ts';
import type { Random } from './random.ts';

/** A conversation, as it is to be. Its number is its place in the plan. */
export interface PlannedTask {
  /** The Zendesk ticket that it names itself, if any. */
  readonly ticketOnTask: string | undefined;
  readonly callSid: string;
  /** Whether a plugin fills its attributes to the brim from the start, until it makes room. */
  readonly startsFull: boolean;
}

/** A change of a ticket, as the CRM tells it; told twice, it is told in the same words. */
export interface PlannedChange {
  readonly source: 'zendesk' | 'generic';
  readonly ticket: string;
  /** Counts up from 1 as the ticket changes, whatever order its changes are sent in. */
  readonly version: number;
  readonly isRemoval: boolean;
  /** Every Task that it is for. */
  readonly tasks: readonly number[];
  /** How the CRM names the conversation; none for a ticket that the Tasks name themselves. */
  readonly correlatedBy: 'task' | 'call' | 'attribute';
}

/** Something that happens. Times are in seconds of the faster time. */
export type Step =
  /** A conversation begins; an agent takes it; hands it over cold; ends it. */
  | { readonly action: 'open' | 'accept' | 'transfer' | 'complete'; readonly task: number }
  /** The CRM sends a webhook. */
  | { readonly action: 'send'; readonly change: number }
  /** Somebody reads and writes at once. */
  | { readonly action: 'write'; readonly task: number; readonly writing: ExternalWrite }
  /** Somebody writes between the reading and the writing of the sync, the next so many times. */
  | {
      readonly action: 'collide';
      readonly task: number;
      readonly writing: ExternalWrite;
      readonly times: number;
    }
  /** Somebody reads before the sync writes, and writes what it read right after, so many times. */
  | {
      readonly action: 'wipe';
      readonly task: number;
      readonly writing: ExternalWrite;
      readonly times: number;
    }
  /** Somebody writes back what it read so many seconds ago. */
  | {
      readonly action: 'hold';
      readonly task: number;
      readonly writing: ExternalWrite;
      readonly seconds: number;
    }
  /** The plugin takes out what filled the attributes. */
  | { readonly action: 'make room'; readonly task: number }
  /** A message that nobody can read gets onto the queue. */
  | { readonly action: 'poison' }
  /** The sync is killed, the next time that it has a batch. */
  | { readonly action: 'kill' }
  | { readonly action: 'outage' | 'close door'; readonly seconds: number };

/** What will happen, in this order. */
export interface Plan {
  readonly tasks: readonly PlannedTask[];
  readonly changes: readonly PlannedChange[];
  readonly steps: readonly Step[];
}

/** What counts as an event: all but what is done to the pipeline itself. */
export function isEvent({ action }: Step): boolean {
  return action !== 'kill' && action !== 'outage' && action !== 'close door' && action !== 'poison';
}

export function ticketKeyOf({ source, ticket }: Pick<PlannedChange, 'source' | 'ticket'>): string {
  return `${source}/${ticket}`;
}

/** What Flex or a plugin writes into a Task's attributes. */
export interface ExternalWrite {
  readonly kind: 'note' | 'recording' | 'chat' | 'list' | 'end';
  readonly n: number;
}

/** So many attributes that few writes are covered up by later ones, and they all fit. */
const noteCount = 12;

const writeKinds: readonly ExternalWrite['kind'][] = [
  'note',
  'note',
  'note',
  'recording',
  'chat',
  'list',
];

export function drawExternalWrite(random: Random): ExternalWrite {
  return {
    kind: random.oneOf(writeKinds),
    n: random.between(1, 99),
  };
}

/** The attributes as their writer leaves them, who knows nothing of us. */
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

/** How a message begins that nobody can read, so that it is known again among the dead letters. */
export const poisonPrefix = 'poison ';

function withConversations(attributes: JsonObject, fields: JsonObject): JsonObject {
  const { conversations } = attributes;
  return {
    ...attributes,
    conversations: { ...(isObject(conversations) ? conversations : {}), ...fields },
  };
}
