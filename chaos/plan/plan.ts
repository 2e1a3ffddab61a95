import type { Writing } from './writing.ts';

/** A conversation, as it is to be. Its number is its place in the plan. */
export interface PlannedTask {
  /** The Zendesk ticket that it names itself, if any. */
  readonly names: string | undefined;
  readonly callSid: string;
  /** Whether a plugin fills its attributes to the brim from the start, until it makes room. */
  readonly isBrimful: boolean;
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
  readonly by: 'task' | 'call' | 'attribute';
}

/** Something that happens. Times are in seconds of the faster time. */
export type Step =
  /** A conversation begins; an agent takes it; hands it over cold; ends it. */
  | { readonly does: 'open' | 'accept' | 'transfer' | 'complete'; readonly task: number }
  /** The CRM sends a webhook. */
  | { readonly does: 'send'; readonly change: number }
  /** Somebody reads and writes at once. */
  | { readonly does: 'write'; readonly task: number; readonly writing: Writing }
  /** Somebody writes between the reading and the writing of the sync, the next so many times. */
  | {
      readonly does: 'collide';
      readonly task: number;
      readonly writing: Writing;
      readonly times: number;
    }
  /** Somebody reads before the sync writes, and writes what it read right after, so many times. */
  | {
      readonly does: 'wipe';
      readonly task: number;
      readonly writing: Writing;
      readonly times: number;
    }
  /** Somebody writes back what it read so many seconds ago. */
  | {
      readonly does: 'hold';
      readonly task: number;
      readonly writing: Writing;
      readonly seconds: number;
    }
  /** The plugin takes out what filled the attributes. */
  | { readonly does: 'make room'; readonly task: number }
  /** A message that nobody can read gets onto the queue. */
  | { readonly does: 'poison' }
  /** The sync is killed, the next time that it has a batch. */
  | { readonly does: 'kill' }
  | { readonly does: 'outage' | 'close door'; readonly seconds: number };

/** What will happen, in this order. */
export interface Plan {
  readonly tasks: readonly PlannedTask[];
  readonly changes: readonly PlannedChange[];
  readonly steps: readonly Step[];
}

/** What counts as an event: all but what is done to the pipeline itself. */
export const isEvent = ({ does }: Step): boolean =>
  does !== 'kill' && does !== 'outage' && does !== 'close door' && does !== 'poison';

export const ticketKeyOf = ({ source, ticket }: Pick<PlannedChange, 'source' | 'ticket'>): string =>
  `${source}/${ticket}`;
