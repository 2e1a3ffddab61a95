import type * as z from 'zod';
import type { FieldProblem, SourceOutcome } from '../http/errors.ts';
import type { RawRequest } from '../http/request.ts';
import type { Sids } from './parse/twilio-sid.ts';

/**
 * A change of one ticket in our words, whoever sent it. It says all that is known and not what
 * differs: a field that is absent (or null in the payload) was not said. That a ticket has left a
 * conversation, e.g. as its SID was replaced in a ticket field, is a change of its own, `removed`.
 */
export interface NormalisedChange {
  /** Whether the ticket's link belongs on the conversation, or has to go from there. */
  readonly kind: 'present' | 'removed';
  /** A `TicketId`. */
  readonly id: string;
  /** A `Version`; always in the same unit for one source. */
  readonly version: string;
  /** When the CRM says it happened, in milliseconds since 1970. */
  readonly occurredAt: number;
  /** The conversations, as far as the payload names them. */
  readonly sids: Sids;
  /** Whether it is on no other conversation: it goes from wherever else the ledgers know it. */
  readonly exclusive?: boolean | undefined;
  /** Whether it is removed only as it has moved on: a Task that names it by an attribute keeps it. */
  readonly moved?: boolean | undefined;
  /** The id of a ticket that was merged into this one: it comes to wherever that one was. */
  readonly replaces?: string | undefined;
  /** The ticket's page and title, where the CRM sends them; checked before they are used. */
  readonly url?: string | undefined;
  readonly title?: string | undefined;
}

/** An event that is genuine and of no interest. `reason` is logged and answered: no payload in it. */
export interface IgnoredEvent {
  readonly kind: 'ignored';
  readonly reason: string;
}

/** One event of a batch that cannot be read, while the others can. */
export interface InvalidEvent {
  readonly kind: 'refused';
  readonly problems: readonly FieldProblem[];
}

/** What one event of a payload comes to. */
export type EventResult = NormalisedChange | IgnoredEvent | InvalidEvent;

interface BaseSource<Settings> {
  /**
   * The ticket's id in the value of a Task attribute, where it is not written there as `normalise`
   * has it; undefined for what is no ticket of this kind. Any `TicketId` is one by default.
   */
  ticketIdFromAttribute?(value: string): string | undefined;
  /** What a configuration of this kind has beside what all have: one zod schema for each key. */
  readonly settings: z.ZodRawShape;
  /**
   * What the payload says, in our words: nothing, one change or many.
   * @throws Refusal when it has not the shape that this sender gives it.
   */
  normalise(payload: unknown, settings: Settings): readonly EventResult[];
}

/** A sender that comes to the door by HTTP. */
export interface HttpSource<Settings = object> extends BaseSource<Settings> {
  readonly transport: 'http';
  /** Headers without which nothing can be authenticated, in lower case. */
  readonly requiredHeaders: readonly string[];
  /** The header in which the sender names a delivery, the same for all its tries: for the log. */
  readonly deliveryHeader?: string;
  /** The status for each outcome, by the sender's rules for retries: most often `usualStatus`. */
  readonly statusOf: Readonly<Record<SourceOutcome, number>>;
  /** What `retry-after` says when we are unavailable. */
  readonly retryAfterSeconds: number;
  /** Secrets that stand in public documentation: anybody could sign with them. */
  readonly publishedSecrets: readonly string[];
  /** What is wrong with the form of a secret, if anything; never quotes it. */
  secretProblem?(secret: string): string | undefined;
  /** Whether the request was signed with one of the secrets, and recently. `now` is in milliseconds. */
  authenticate(
    request: RawRequest,
    secrets: readonly string[],
    now: number,
    settings: Settings,
  ): boolean;
  /** What the body is, where it is not JSON. */
  readonly body?: {
    readonly contentTypes: readonly string[];
    /** @throws Refusal when it cannot be read. */
    read(body: Buffer): unknown;
  };
  /** Whether a secret stands in the path, behind the source's name. */
  readonly takesPathToken?: boolean;
  /** Methods with which the sender sees whether anybody is there: answered with an empty 200. */
  readonly probeMethods?: readonly string[];
  /** What a request that was taken in is answered, where the sender does not take our JSON. */
  readonly response?: { readonly contentType: string; readonly body: string };
}

/** A sender whose events come by an EventBridge partner bus, which vouches for them. */
interface EventBusSource<Settings = object> extends BaseSource<Settings> {
  readonly transport: 'event-bus';
  /** The events to be handed over, by `detail-type`; `normalise` is given their `detail`. */
  readonly detailTypes: readonly string[];
}

/** One kind of sender. Everything that is particular to it stands in its one file. */
export type Source = HttpSource | EventBusSource;

type ParsedSettings<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

type Definition<Kind extends Source, Shape> = Omit<Kind, 'settings' | 'transport'> & {
  readonly settings: Shape;
};

/** A source that comes by HTTP; its functions are given the settings as `settings` reads them. */
export function httpSource<Shape extends z.ZodRawShape>(
  source: Definition<HttpSource<ParsedSettings<Shape>>, Shape>,
): HttpSource {
  return { ...source, transport: 'http' };
}

/** A source that comes by EventBridge; its functions are given the settings as `settings` reads them. */
export function eventBusSource<Shape extends z.ZodRawShape>(
  source: Definition<EventBusSource<ParsedSettings<Shape>>, Shape>,
): EventBusSource {
  return { ...source, transport: 'event-bus' };
}
