import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import { TicketId } from '../../messages/ticket-change.ts';
import { hasSid } from '../../taskrouter/criteria.ts';
import {
  changesForMerge,
  changesForRemoval,
  changesForUpdate,
  type TicketSnapshot,
} from '../changes.ts';
import { integerOrText, parsePayload as parse } from '../parse/payload.ts';
import { millisecondsOf, nanosecondsOf, Timestamp } from '../parse/timestamp.ts';
import { parseSid, sidOrEmpty } from '../parse/twilio-sid.ts';
import { numericIdSetting } from '../settings.ts';
import { timingSafeEqualText } from '../signing/hmac.ts';
import { httpSource, type NormalisedChange } from '../source.ts';

/**
 * How old a signature may be, and how far ahead of our clock. Zendesk does not say whether a retry is
 * signed anew, so an hour leaves room for all its retries; a replay within it does no harm, as a
 * change that is applied again changes nothing and an older one never overrides a newer one.
 */
const window = { pastMs: 60 * 60_000, futureMs: 5 * 60_000 };

const signatureHeader = 'x-zendesk-webhook-signature';

const timestampHeader = 'x-zendesk-webhook-signature-timestamp';

/**
 * The signature Zendesk gives a request: base64 of HMAC-SHA256 over timestamp and body, keyed with the
 * secret's text as it is, although it looks like base64.
 * Source: https://developer.zendesk.com/documentation/webhooks/verifying/
 */
export function zendeskSignature(secret: string, timestamp: string, body: Buffer): string {
  return createHmac('sha256', secret).update(timestamp).update(body).digest('base64');
}

/**
 * How Zendesk takes an answer. Only 409 (3 tries more), 429 and 503 (with a `retry-after` of less than
 * 60 s) and time-outs are tried again; any other status loses the event, a plain 500 too. When 70 % of
 * 100 answers are errors it stops sending for 5 seconds: what we ignore is no error.
 * Source: https://developer.zendesk.com/documentation/webhooks/
 */
const statusOf = defaultStatus;

const Ticket = z.object({
  id: integerOrText.pipe(TicketId),
  status: z.unknown().optional(),
  external_id: z.unknown().optional(),
  tags: z.unknown().optional(),
});

/**
 * An event webhook for tickets, as far as we read it. Ids are strings, `time` has nanoseconds.
 * Source: https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
 */
const TicketEvent = z.object({ time: Timestamp, detail: Ticket, event: z.unknown().optional() });

const ticketEventType = /^zen:event-type[:/]ticket\.(\w+)$/;

/** A changed value: bare (`external_id_changed`) or boxed (`custom_field_changed`). */
const ChangedValue = z.union([
  z.object({ value: z.unknown().optional() }).transform(({ value }) => value),
  z.unknown(),
]);

/** `event` of an event for a changed field. */
const FieldChange = z.object({
  custom_field: z.object({ id: integerOrText }).optional().catch(undefined),
  current: ChangedValue.optional(),
  previous: ChangedValue.optional(),
});

/**
 * The body of our trigger webhook. It is ours, so a field that is not listed is an error; it is
 * published in docs/sources/zendesk.md. A placeholder of an empty ticket field is an empty string.
 */
const TriggerBody = z.strictObject({
  schema: z.literal('ticket-changed/1', { error: 'must be "ticket-changed/1"' }),
  ticket_id: integerOrText.pipe(TicketId),
  updated_at: Timestamp,
  sid: sidOrEmpty.optional(),
  change: z.enum(['present', 'removed']).default('present'),
});

/** What tells the two kinds of webhook apart. */
const TriggerWebhook = z.object({ schema: z.unknown() });

const EventWebhook = z.object({
  type: z.string(
    'must be the type of a Zendesk event; a trigger webhook sends our published body, with "schema"',
  ),
});

/** Events after which a ticket is no longer the conversation's. */
const removalEvents = new Set(['soft_deleted', 'permanently_deleted', 'merged', 'marked_as_spam']);

const settings = {
  /** Id of the ticket field that holds a Twilio SID (Task, call or conversation). */
  sidField: numericIdSetting('the numeric id of a ticket field').optional(),
};

/** `event` of a merge. That it names the other ticket is not documented. */
const Merge = z.object({ target_ticket_id: integerOrText.pipe(TicketId) });

export const zendesk = httpSource({
  settings,
  requiredHeaders: [signatureHeader, timestampHeader],
  statusOf,
  retryAfterSeconds: 30,
  // The same for every account, for deliveries before a webhook exists.
  publishedSecrets: ['dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='],

  authenticate: ({ headers, body }, secrets, now) => {
    const timestamp = headers.get(timestampHeader) ?? '';
    const signature = headers.get(signatureHeader) ?? '';
    const signedAt = nanosecondsOf(timestamp);
    if (signedAt === undefined) return false;
    const age = now - millisecondsOf(signedAt);
    if (age > window.pastMs || age < -window.futureMs) return false;
    return secrets.some((secret) =>
      timingSafeEqualText(signature, zendeskSignature(secret, timestamp, body)),
    );
  },

  normalise: (payload, { sidField }) => {
    if (TriggerWebhook.safeParse(payload).success) {
      const { change, ticket_id, updated_at, sid: sids = {} } = parse(TriggerBody, payload);
      return [
        {
          kind: change,
          id: ticket_id,
          version: String(updated_at),
          occurredAt: millisecondsOf(updated_at),
          sids,
          ...(change === 'removed' && !hasSid(sids) && { exclusive: true }),
        },
      ];
    }
    const { type } = parse(EventWebhook, payload);
    const ticketType = ticketEventType.exec(type)?.[1];
    if (ticketType === undefined) return [{ kind: 'ignored', reason: 'not a ticket event' }];
    return normaliseEvent(ticketType, payload, sidField);
  },
});

/**
 * Whether the ticket is gone. One action gives several events in no promised order, and each tells
 * the ticket's state: the `status_changed` of a deletion must not bring the link back. A ticket that
 * was merged away is closed and bears Zendesk's own tag for it.
 */
function isRemoved(type: string, { status, tags }: z.output<typeof Ticket>): boolean {
  if (type === 'undeleted') return false;
  if (removalEvents.has(type) || status === 'DELETED' || status === 'SCRUBBED') return true;
  return status === 'CLOSED' && Array.isArray(tags) && tags.includes('closed_by_merge');
}

/**
 * The SIDs that the ticket has, and the one that it had where the event tells of that. A ticket field
 * and `external_id` may hold one each, and a trigger may send that of any field: only where we are not
 * told which SID a field held before is what the event tells taken for all.
 */
function sidsOf(
  type: string,
  { detail, event }: z.output<typeof TicketEvent>,
  sidField: string | undefined,
): Pick<TicketSnapshot, 'from' | 'to' | 'hasOthers'> {
  const { custom_field, previous, current } = FieldChange.safeParse(event).data ?? {};
  const externalId = parseSid(detail.external_id);
  if (type === 'external_id_changed') {
    const to = current === undefined ? externalId : parseSid(current);
    return { from: parseSid(previous), to, hasOthers: true };
  }
  if (sidField !== undefined && custom_field?.id === sidField) {
    const isPreviousKnown = previous !== undefined;
    const to = { ...externalId, ...parseSid(current) };
    return { from: isPreviousKnown ? parseSid(previous) : {}, to, hasOthers: isPreviousKnown };
  }
  return { from: undefined, to: externalId, hasOthers: true };
}

function normaliseEvent(
  type: string,
  payload: unknown,
  sidField: string | undefined,
): readonly NormalisedChange[] {
  const ticketEvent = parse(TicketEvent, payload);
  const { time, detail } = ticketEvent;
  const state = {
    id: detail.id,
    version: time,
    occurredAt: millisecondsOf(time),
    ...sidsOf(type, ticketEvent, sidField),
  };
  const mergeTarget = type === 'merged' ? Merge.safeParse(ticketEvent.event).data : undefined;
  if (mergeTarget !== undefined) return changesForMerge(state, mergeTarget.target_ticket_id);
  return isRemoved(type, detail) ? changesForRemoval(state) : changesForUpdate(state);
}
