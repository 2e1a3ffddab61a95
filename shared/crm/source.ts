import type * as z from 'zod';
import type { FieldProblem, RejectionReason, SourceOutcome } from '../http/errors.ts';
import { parseJsonBody, type RawRequest } from '../http/request.ts';
import type { Sids } from './parse/twilio-sid.ts';

/**
 * A change of one ticket, the same for every CRM. It holds all that the event says, not a difference: a
 * field that is absent (or null in the payload) was not sent. If a ticket leaves a conversation, e.g.
 * because another SID is put into the ticket field, that is a change of its own, `removed`.
 */
export interface NormalisedChange {
  /** Whether the ticket's link belongs on the conversation, or is removed from it. */
  kind: 'present' | 'removed';
  /** A `TicketId`. */
  id: string;
  /** A `Version`; always in the same unit for one source. */
  version: string;
  /** When the CRM says it happened, in milliseconds since 1970. */
  occurredAt: number;
  /** The conversations that the payload names. */
  sids: Sids;
  /** Whether the ticket is on no other conversation: its link is removed from all others that have it. */
  exclusive?: boolean | undefined;
  /** The id of a ticket that was merged into this one: this one takes its place everywhere. */
  replaces?: string | undefined;
  /** The ticket's page and title, where the CRM sends them; checked before they are used. */
  url?: string | undefined;
  title?: string | undefined;
}

/** An authentic event that needs no change. `reason` is logged and returned: no payload in it. */
export interface IgnoredEvent {
  kind: 'ignored';
  reason: string;
}

/** One event of a batch that is not readable. */
export interface InvalidEvent {
  kind: 'invalid';
  problems: readonly FieldProblem[];
}

/** The result of one event of a payload. */
export type EventResult = NormalisedChange | IgnoredEvent | InvalidEvent;

/** The result of checking a signature. The log has the reason; the sender sees only a 401. */
export type SignatureCheck = 'valid' | RejectionReason;

interface BaseSource<Settings> {
  /** The settings of this kind, beside those of every source: one zod schema for each key. */
  settings: z.ZodRawShape;
  /**
   * The changes in a payload: none, one or many.
   * @throws HttpError if the payload does not have this sender's shape.
   */
  normalise(payload: unknown, settings: Settings): readonly EventResult[];
}

/** A sender that calls our webhook. */
export interface HttpSource<Settings = object> extends BaseSource<Settings> {
  transport: 'http';
  /** Headers that authentication needs, in lower case. */
  requiredHeaders: readonly string[];
  /** The header with the sender's id of a delivery, the same for each try: for the log. */
  deliveryHeader?: string;
  /** The status for each outcome, by the sender's rules for retries: most often `defaultStatus`. */
  statusOf: Readonly<Record<SourceOutcome, number>>;
  /** The value of `retry-after` while we are unavailable. */
  retryAfterSeconds: number;
  /** Secrets in public documentation: anybody could sign with them. */
  publishedSecrets: readonly string[];
  /** What is wrong with the form of a secret, if anything; never quotes it. */
  secretProblem?(secret: string): string | undefined;
  /**
   * Checks that the request was signed with one of the secrets, and then whether recently: only a sender who
   * has a secret can be `stale` or of the `future`. `now` is in milliseconds.
   */
  authenticate(
    request: RawRequest,
    secrets: readonly string[],
    now: number,
    settings: Settings,
  ): SignatureCheck;
  /** The most bytes of a body, if the sender never sends as many as Lambda takes. */
  maxBodyBytes?: number;
  /** The format of the body; JSON by default. */
  body?: BodyFormat;
  /** Whether the path holds a secret after the source's name. */
  takesPathToken?: boolean;
  /** Methods that the sender tests the URL with: they get a 200. */
  probeMethods?: readonly string[];
  /** The response to a request that we accept, if the sender does not take our JSON. */
  response?: { contentType: string; body: string };
}

/** A sender whose events come by an EventBridge partner event bus, which authenticates them. */
interface EventBusSource<Settings = object> extends BaseSource<Settings> {
  transport: 'event-bus';
  /** The events to subscribe to, by `detail-type`; `normalise` takes their `detail`. */
  detailTypes: readonly string[];
}

/** One kind of sender. Its one file holds everything that is particular to it. */
export type Source = HttpSource | EventBusSource;

/** How a request's body is read. */
interface BodyFormat {
  contentTypes: readonly string[];
  /** @throws HttpError if the body is not readable. */
  parse(body: Buffer): unknown;
}

/** The format of a source's bodies. */
export function bodyFormat(source: HttpSource): BodyFormat {
  return source.body ?? { contentTypes: ['application/json'], parse: parseJsonBody };
}

type ParsedSettings<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

type Definition<Kind extends Source, Shape> = Omit<Kind, 'settings' | 'transport'> & {
  settings: Shape;
};

/** Defines a source that calls our webhook; its functions take the settings as `settings` parses them. */
export function httpSource<Shape extends z.ZodRawShape>(
  source: Definition<HttpSource<ParsedSettings<Shape>>, Shape>,
): HttpSource {
  return { ...source, transport: 'http' };
}

/** Defines a source that comes by EventBridge; its functions take the settings as `settings` parses them. */
export function eventBusSource<Shape extends z.ZodRawShape>(
  source: Definition<EventBusSource<ParsedSettings<Shape>>, Shape>,
): EventBusSource {
  return { ...source, transport: 'event-bus' };
}
