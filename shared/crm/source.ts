import * as z from 'zod';
import type { FieldProblem, RejectionReason, SourceOutcome } from '../http/errors.ts';
import { parseJsonBody, type RawRequest } from '../http/request.ts';
import type { Sids } from './parse/fields.ts';

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
): HttpSource & { settings: Shape } {
  return { ...source, transport: 'http' };
}

/** Defines a source that comes by EventBridge; its functions take the settings as `settings` parses them. */
export function eventBusSource<Shape extends z.ZodRawShape>(
  source: Definition<EventBusSource<ParsedSettings<Shape>>, Shape>,
): EventBusSource & { settings: Shape } {
  return { ...source, transport: 'event-bus' };
}

/** What is wrong with a signing secret of a source, if anything; never quotes it. */
export function secretProblem(source: HttpSource, secret: string): string | undefined {
  if (secret === '')
    return 'is empty: anybody could sign with it; store the one the CRM signs with';
  if (source.publishedSecrets.includes(secret)) {
    return "is published in the vendor's documentation: anybody could sign with it; store your own";
  }
  if (secret.length < minLength) {
    return `has ${secret.length} characters; a signing secret has at least ${minLength}`;
  }
  const problem = source.secretProblem?.(secret);
  if (problem !== undefined || printable.test(secret)) return problem;
  return 'has characters that are not printable ASCII; store it again as the CRM shows it';
}

/** To an HMAC a key and the same key with a zero byte after it are equal: other characters are excluded. */
const printable = /^[\x20-\x7e]*$/;

/** A shorter secret could be guessed. */
const minLength = 16;

/**
 * A setting that is an id of digits. `pulumi config set --path` stores it as a number.
 * See https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
export function numericIdSetting(description: string) {
  return z
    .union([z.string(), z.int()], `must be ${description}`)
    .transform(String)
    .pipe(z.string().regex(/^[0-9]{1,20}$/, `must be ${description}`));
}

/** A setting that is the API name of a field of Case. */
export const salesforceField = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,79}$/,
    'must be the API name of a field of Case, e.g. Twilio_Conversation_SID__c',
  );
