import * as z from 'zod';
import type { FieldProblem, RejectionReason, SourceOutcome } from '../http/errors.ts';
import { parseJsonBody, type RawRequest } from '../http/request.ts';
import type { Sids } from './parse/fields.ts';

/**
 * A change of one ticket, in the same form for every CRM. It contains all facts of the event, not a difference. A
 * field that is missing (or null in the payload) was not sent. If a ticket leaves a conversation, e.g. because the
 * ticket field gets another SID, that is a separate change of kind `removed`.
 */
export interface NormalisedChange {
  /** Whether the conversation gets the ticket's link, or loses it. */
  kind: 'present' | 'removed';
  /** A `TicketId`. */
  id: string;
  /** A `Version`. One source always uses the same unit. */
  version: string;
  /** When the change happened, as the CRM says. Milliseconds since 1970. */
  occurredAt: number;
  /** The conversations that the payload names. */
  sids: Sids;
  /** Whether the ticket belongs to no other conversation. Then its link is removed from all others. */
  exclusive?: boolean | undefined;
  /** The id of a ticket that was merged into this one. This ticket replaces it everywhere. */
  replaces?: string | undefined;
  /** The ticket's page and title, if the CRM sends them. They are checked before they are used. */
  url?: string | undefined;
  title?: string | undefined;
}

/**
 * An authentic event that needs no change. `reason` is logged and returned, so it must not contain parts of the
 * payload.
 */
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

/** The result of a signature check. The reason goes to the log. The sender gets only a 401. */
export type SignatureCheck = 'valid' | RejectionReason;

interface BaseSource<Settings> {
  /** The settings of this kind, in addition to those of every source: one zod schema for each key. */
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
  /** The header with the sender's id of a delivery, for the log. Each try has the same id. */
  deliveryHeader?: string;
  /** The status for each outcome, which follows from the sender's retry rules. Usually `defaultStatus`. */
  statusOf: Readonly<Record<SourceOutcome, number>>;
  /** The value of `retry-after` while we are unavailable. */
  retryAfterSeconds: number;
  /** Secrets from public documentation. Anybody could sign with them. */
  publishedSecrets?: readonly string[];
  /** Why the form of a secret is wrong. Undefined if it is right. The text never quotes the secret. */
  secretProblem?(secret: string): string | undefined;
  /**
   * Checks that one of the secrets signed the request, and then that this was recently: only a sender who has a
   * secret can get `stale` or `future`. `now` is in milliseconds.
   */
  authenticate(
    request: RawRequest,
    secrets: readonly string[],
    now: number,
    settings: Settings,
  ): SignatureCheck;
  /** The most bytes of a body, if the sender's limit is lower than Lambda's. */
  maxBodyBytes?: number;
  /** The format of the body. Default: JSON. */
  body?: BodyFormat;
  /** Whether the path contains a secret after the source's name. */
  takesPathToken?: boolean;
  /** Methods with which the sender tests the URL. They get a 200. */
  probeMethods?: readonly string[];
  /** The response to an accepted request, if the sender does not accept our JSON. */
  response?: { contentType: string; body: string };
}

/** A sender whose events come through an EventBridge partner event bus. The bus authenticates them. */
interface EventBusSource<Settings = object> extends BaseSource<Settings> {
  transport: 'event-bus';
  /** The `detail-type`s to subscribe to. `normalise` gets the `detail` of an event. */
  detailTypes: readonly string[];
}

/** One kind of sender. Its file contains all facts about this kind. */
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

/** Defines a source that calls our webhook. Its functions get the parsed `settings`. */
export function httpSource<Shape extends z.ZodRawShape>(
  source: Definition<HttpSource<ParsedSettings<Shape>>, Shape>,
): HttpSource & { settings: Shape } {
  return { ...source, transport: 'http' };
}

/** Defines a source whose events come through EventBridge. Its functions get the parsed `settings`. */
export function eventBusSource<Shape extends z.ZodRawShape>(
  source: Definition<EventBusSource<ParsedSettings<Shape>>, Shape>,
): EventBusSource & { settings: Shape } {
  return { ...source, transport: 'event-bus' };
}

/** Why a signing secret of a source is not allowed. Undefined if it is. The text never quotes the secret. */
export function secretProblem(source: HttpSource, secret: string): string | undefined {
  if (secret === '')
    return 'is empty: anybody could sign with it; store the one the CRM signs with';
  if (source.publishedSecrets?.includes(secret)) {
    return "is published in the vendor's documentation: anybody could sign with it; store your own";
  }
  if (secret.length < minLength) {
    return `has ${secret.length} characters; a signing secret has at least ${minLength}`;
  }
  const problem = source.secretProblem?.(secret);
  if (problem !== undefined || printable.test(secret)) return problem;
  return 'has characters that are not printable ASCII; store it again as the CRM shows it';
}

/**
 * An HMAC cannot distinguish a key from the same key with a zero byte after it, so other characters are excluded.
 */
const printable = /^[\x20-\x7e]*$/;

/** Somebody could guess a shorter secret. */
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
