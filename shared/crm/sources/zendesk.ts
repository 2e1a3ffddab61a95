import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import { hasSid } from '../../taskrouter/criteria.ts';
import {
  changesForRemoval,
  changesForUpdate,
  orInvalid,
  replacementChange,
  type TicketSnapshot,
} from '../changes.ts';
import { millisecondsOf, nanosecondsOf, parseSid, sidOrEmpty, Timestamp } from '../parse/fields.ts';
import { integerOrText, parsePayload as parse } from '../parse/payload.ts';
import { base64Sha256, checkSignedTime, timingSafeEqualText } from '../signing/hmac.ts';
import { type EventResult, httpSource, numericIdSetting } from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

/**
 * How old a signature may be, and how far ahead of our clock. Zendesk does not say whether it signs a retry again,
 * so an hour leaves room for all retries. A replay within this hour does no harm: a change that is applied again
 * changes nothing, and an older change never overrides a newer one.
 */
const window = { pastMs: 60 * 60_000, futureMs: 5 * 60_000 };

const signatureHeader = 'x-zendesk-webhook-signature';

const timestampHeader = 'x-zendesk-webhook-signature-timestamp';

/**
 * Zendesk's signature of a request: base64 of HMAC-SHA256 over timestamp and body. The key is the secret's text,
 * although the secret looks like base64.
 * Source: https://developer.zendesk.com/documentation/webhooks/verifying/
 */
export function zendeskSignature(secret: string, timestamp: string, body: Buffer): string {
  return createHmac('sha256', secret).update(timestamp).update(body).digest('base64');
}

/**
 * Zendesk retries only after a 409 (3 times), a 429 or 503 (with a `retry-after` of less than 60 s) and a timeout.
 * After any other status, even a plain 500, the event is lost. If 70 % of 100 responses are errors, Zendesk pauses
 * for 5 seconds, so an ignored event must not be an error.
 * Source: https://developer.zendesk.com/documentation/webhooks/
 */
const statusOf = defaultStatus;

const TicketId = ticketIdSchema({ kind: 'zendesk' });

const Ticket = z.object({
  id: TicketId,
  status: z.unknown().optional(),
  external_id: z.unknown().optional(),
  tags: z.unknown().optional(),
});

/**
 * The fields of a ticket event that we read. Ids are strings. `time` has nanoseconds.
 * Source: https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
 */
const TicketEvent = z.object({ time: Timestamp, detail: Ticket, event: z.unknown().optional() });

const ticketEventType = /^zen:event-type[:/]ticket\.(\w+)$/;

/**
 * A changed value. It is the value itself (`external_id_changed`), or an object that contains it
 * (`custom_field_changed`).
 */
const ChangedValue = z.union([
  z.object({ value: z.unknown().optional() }).transform(({ value }) => value),
  z.unknown(),
]);

/** The `event` of a changed field. */
const FieldChange = z.object({
  custom_field: z.object({ id: integerOrText }).optional().catch(undefined),
  current: ChangedValue.optional(),
  previous: ChangedValue.optional(),
});

/**
 * The body of our trigger webhook, published in docs/sources/zendesk.md. Because we define it, an unknown field is
 * an error. The placeholder of an empty ticket field is an empty string.
 */
const TriggerBody = z.strictObject({
  schema: z.literal('ticket-changed/1', { error: 'must be "ticket-changed/1"' }),
  ticket_id: TicketId,
  updated_at: Timestamp,
  sid: sidOrEmpty.optional(),
  change: z.enum(['present', 'removed']).default('present'),
});

/** Only a trigger webhook has this field. */
const TriggerWebhook = z.object({ schema: z.unknown() });

const EventWebhook = z.object({
  type: z.string(
    'must be the type of a Zendesk event; a trigger webhook sends our published body, with "schema"',
  ),
});

/** Events after which the link is removed. */
const removalEvents = new Set(['soft_deleted', 'permanently_deleted', 'merged', 'marked_as_spam']);

const settings = {
  /** Id of the ticket field that holds a Twilio SID (Task, call or conversation). */
  sidField: numericIdSetting('the numeric id of a ticket field').optional(),
};

/** The `event` of a merge. Zendesk does not document the name of its field. */
const Merge = z.object({
  target_ticket_id: z.unknown().refine((target) => target != null && target !== ''),
});

const MergeTarget = z.object({ event: z.object({ target_ticket_id: TicketId }) });

export const zendesk = httpSource({
  settings,
  requiredHeaders: [signatureHeader, timestampHeader],
  statusOf,
  retryAfterSeconds: 30,
  // This secret is the same for every account. It is for test deliveries before a webhook exists.
  publishedSecrets: ['dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='],

  authenticate: ({ headers, body }, secrets, now) => {
    const signature = headers.get(signatureHeader);
    if (!signature) return 'unsigned';
    // Stryker disable next-line StringLiteral: `requireHeaders` refuses a request without this header.
    const timestamp = headers.get(timestampHeader) ?? '';
    const signedAt = nanosecondsOf(timestamp);
    if (signedAt === undefined || !base64Sha256.test(signature)) return 'malformed';
    const isSigned = secrets.some((secret) =>
      timingSafeEqualText(signature, zendeskSignature(secret, timestamp, body)),
    );
    return isSigned ? checkSignedTime(millisecondsOf(signedAt), now, window) : 'signature';
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
 * Whether the link is removed. One action causes several events, in any order, and each contains the ticket's
 * state. So the `status_changed` of a deletion must not restore the link. A ticket that was merged into another is
 * closed, and has Zendesk's own tag for that.
 */
function isRemoved(type: string, { status, tags }: z.output<typeof Ticket>): boolean {
  if (type === 'undeleted') return false;
  if (removalEvents.has(type) || status === 'DELETED' || status === 'SCRUBBED') return true;
  return status === 'CLOSED' && Array.isArray(tags) && tags.includes('closed_by_merge');
}

/**
 * The SIDs that the ticket has, and the SID that it had if the event names it. A ticket field and `external_id` may
 * contain one SID each, and a trigger may send the SID of any field. The event's SIDs count as all SIDs of the
 * ticket only if the event does not name an old SID.
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
): readonly EventResult[] {
  const ticketEvent = parse(TicketEvent, payload);
  const { time, detail } = ticketEvent;
  const state = {
    id: detail.id,
    version: time,
    occurredAt: millisecondsOf(time),
    ...sidsOf(type, ticketEvent, sidField),
  };
  if (type === 'merged' && Merge.safeParse(ticketEvent.event).success) {
    // The ticket is removed, even if the other ticket is not readable.
    const target = () => parse(MergeTarget, payload).event.target_ticket_id;
    return [...changesForRemoval(state), ...orInvalid(() => [replacementChange(state, target())])];
  }
  return isRemoved(type, detail) ? changesForRemoval(state) : changesForUpdate(state);
}
