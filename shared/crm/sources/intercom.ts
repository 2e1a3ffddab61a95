import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import { changesForRemoval, changesForUpdate } from '../changes.ts';
import { parseSid, type Sids } from '../parse/fields.ts';
import { parsePayload as parse } from '../parse/payload.ts';
import { hubHeaders, verifyHubSignature } from '../signing/hmac.ts';
import { httpSource } from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

/**
 * A 410 ends the subscription. After a 429, Intercom slows down and keeps its events for up to two hours. After any
 * other error, or 5 s without a response, it retries once, a minute later. So our own outage is a 429. After too
 * many errors in a row, Intercom pauses for 15 minutes, so an ignored event must not be an error.
 * Source: https://developers.intercom.com/docs/references/webhooks/webhook-models
 */
const statusOf = { ...defaultStatus, unavailable: 429 };

// Stryker disable next-line StringLiteral: problem-texts.test.ts reads it, which Stryker does not run.
const secondsProblem = 'must be seconds since 1970';

/** Seconds since 1970, up to the year 9999, parsed to milliseconds. */
const Seconds = z
  .int(secondsProblem)
  .nonnegative(secondsProblem)
  .max(253_402_300_799, secondsProblem)
  .transform((seconds) => seconds * 1000);

const Moment = z.object({ created_at: Seconds }).transform(({ created_at }) => created_at);

const AnyNotification = z.object({
  topic: z.string(
    "must be a notification's topic, e.g. ticket.created: use a webhook of an Intercom app",
  ),
});

/** The fields of every notification: the workspace and the time. */
const Notification = z.object({ app_id: z.string(), created_at: Seconds });

const TicketId = ticketIdSchema({ kind: 'intercom' });

/**
 * The fields of a ticket that we read. `id` is the id of its conversation, which is part of the page's URL.
 * `ticket_id` is the number that agents see.
 * Source: https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/ticket
 */
const Ticket = z.object({
  id: TicketId,
  updated_at: Seconds.nullish(),
  ticket_attributes: z.record(z.string(), z.unknown()).nullish(),
});

/** The item of a topic: a ticket, or a part with the ticket beside it. */
const TicketItem = z
  .object({ data: z.object({ item: Ticket }) })
  .transform(({ data }) => ({ ticket: data.item, ticket_part: undefined }));

const PartItem = z
  .object({
    data: z.object({ item: z.object({ ticket: Ticket, ticket_part: z.unknown().optional() }) }),
  })
  .transform(({ data }) => data.item);

type PartItem = z.output<typeof PartItem>;

const ItemWithTicket = z.object({ data: z.object({ item: z.object({ ticket: z.unknown() }) }) });

/** A part for a changed attribute. Intercom does not document `previous`. */
const AttributeUpdate = z.object({
  updated_attribute_data: z.object({
    attribute: z.object({ label: z.string() }),
    value: z.object({ previous: z.unknown().optional() }),
  }),
});

/** `ticket.deleted` does not exist today. If it ever exists, it must not create the link. */
const ticketTopic = /^ticket\.(?!deleted$)/;

const deletionTopic = 'conversation.deleted';

const Deletion = z.object({ data: z.object({ item: z.object({ conversation_id: TicketId }) }) });

const settings = {
  /** The id of the workspace. An app may be in several workspaces, and gets the events of all. */
  appId: z
    // `pulumi config set --path` stores an id of digits as a number.
    .union([z.string(), z.int()], "must be the workspace's id, letters and digits")
    .transform(String)
    .pipe(
      z.string().regex(/^[A-Za-z0-9]{1,32}$/, "must be the workspace's id, letters and digits"),
    ),
  /** Name of the ticket attribute that holds a Twilio SID (Task, call or conversation). */
  sidAttribute: z.string().min(1).max(256).optional(),
};

export const intercom = httpSource({
  settings,
  requiredHeaders: hubHeaders,
  statusOf,
  retryAfterSeconds: 60,
  // Intercom tests the URL with HEAD: https://developers.intercom.com/docs/webhooks/setting-up-webhooks
  probeMethods: ['HEAD'],

  authenticate: (request, secrets, now) =>
    verifyHubSignature('sha1', Moment, request, secrets, now),

  normalise: (payload, { appId, sidAttribute }) => {
    const { topic } = parse(AnyNotification, payload);
    if (topic !== deletionTopic && !ticketTopic.test(topic)) {
      return [{ kind: 'ignored', reason: 'not a ticket event' }];
    }
    const { app_id, created_at: occurredAt } = parse(Notification, payload);
    if (app_id !== appId) return [{ kind: 'ignored', reason: 'another workspace' }];
    if (topic === deletionTopic) {
      const { conversation_id: id } = parse(Deletion, payload).data.item;
      const version = BigInt(occurredAt);
      return changesForRemoval({ id, version, occurredAt, from: undefined, to: undefined });
    }
    const event = parse(isPartItem(payload) ? PartItem : TicketItem, payload);
    const { id, updated_at } = event.ticket;
    // The version is in milliseconds, but the time is in whole seconds. So a removal fits between one change and
    // the next.
    const version = BigInt(updated_at ?? occurredAt);
    return changesForUpdate({ id, version, occurredAt, ...sidsOf(event, sidAttribute) });
  },
});

function isPartItem(payload: unknown): boolean {
  return ItemWithTicket.safeParse(payload).success;
}

/** The SIDs that the ticket had. `{}` (any conversation) if its SID changed and the old one is unknown. */
function previousSids(part: unknown, sidAttribute: string): Sids | undefined {
  const update = AttributeUpdate.safeParse(part).data?.updated_attribute_data;
  if (update?.attribute.label !== sidAttribute) return undefined;
  const { previous } = update.value;
  return previous === undefined ? {} : parseSid(previous);
}

/** The SID that the ticket has, and the SID that it had if a part names it. */
function sidsOf({ ticket, ticket_part }: PartItem, sidAttribute: string | undefined) {
  return sidAttribute === undefined
    ? { from: undefined, to: undefined }
    : {
        from: previousSids(ticket_part, sidAttribute),
        to: parseSid(ticket.ticket_attributes?.[sidAttribute]),
      };
}
