import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import {
  changesForMerge,
  changesForRemoval,
  changesForUpdate,
  parseBatch,
  replacementChange,
  type TicketSnapshot,
} from '../changes.ts';
import { parseSid } from '../parse/fields.ts';
import { integerOrText, parsePayload as parse } from '../parse/payload.ts';
import { base64Sha256, checkSignedTime, timingSafeEqualText } from '../signing/hmac.ts';
import {
  type EventResult,
  httpSource,
  type NormalisedChange,
  numericIdSetting,
} from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

const signatureHeader = 'x-hubspot-signature-v3';

const timestampHeader = 'x-hubspot-request-timestamp';

/** HubSpot's rule for the past, and our own rule for the future. */
const window = { pastMs: 5 * 60_000, futureMs: 5 * 60_000 };

/**
 * The characters of the URL that HubSpot decodes before it signs.
 * Source: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
 */
const decodedBySigner = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

/**
 * HubSpot retries after any 4xx or 5xx, a broken connection, and five seconds without a response. It retries up to
 * 10 times in 24 hours, at times that it chooses. So no event is lost if a wrong secret (401) or an unknown form
 * (422) is fixed within the day. An ignored event needs a 2xx.
 * Source: https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide
 */
const statusOf = defaultStatus;

const Batch = z.array(z.unknown(), 'must be a JSON array of events, as HubSpot sends them');

/** The account and the type of an event. */
const AnyEvent = z.object({
  portalId: integerOrText,
  subscriptionType: z.string("must be the event's type, e.g. ticket.creation"),
});

/**
 * The ticket events in both forms. `object.*` is for all kinds of objects. `associationChange` is not included: a
 * deletion may remove associations too, and such an event would undo the deletion.
 */
const subscription = /^(ticket|object)\.(creation|deletion|restore|propertyChange|merge)$/;

/**
 * HubSpot's kinds of objects have numbers. `0-5` is the ticket.
 * Source: https://developers.hubspot.com/docs/api/crm/understanding-the-crm#object-type-id
 */
const GenericEvent = z.object({ objectTypeId: z.string('must be the type of object, e.g. 0-5') });

const ticketType = '0-5';

const TicketId = ticketIdSchema({ kind: 'hubspot' });

const Moment = z.object({ occurredAt: z.int('must be milliseconds since 1970').positive() });

const OneTicket = z.object({ objectId: TicketId });

/** `newObjectId` is present if the merge created a ticket. */
const Merge = z.object({
  primaryObjectId: TicketId,
  mergedObjectIds: z.array(TicketId).max(1000, 'must hold at most 1,000 ids'),
  newObjectId: TicketId.nullish(),
});

const PropertyChange = z.object({
  propertyName: z.unknown().optional(),
  propertyValue: z.unknown().optional(),
  isSensitive: z.unknown().optional(),
});

type PropertyChange = z.output<typeof PropertyChange>;

const settings = {
  /** The HubSpot account. One app may be installed in several accounts. Events of other accounts are ignored. */
  portalId: numericIdSetting('the numeric id of a HubSpot account (Hub ID)'),
  /** Internal name of the ticket property that holds a Twilio SID (Task, call or conversation). */
  sidProperty: z
    .string()
    .regex(/^\w{1,128}$/, 'must be the internal name of a ticket property, e.g. twilio_sid')
    .optional(),
  /** The target URL in HubSpot's settings, if a proxy calls us by another URL. */
  webhookUrl: z
    .url({ protocol: /^https$/, error: 'must be the https target URL as it is entered in HubSpot' })
    .optional(),
};

export const hubspot = httpSource({
  settings,
  requiredHeaders: [signatureHeader, timestampHeader],
  statusOf,
  retryAfterSeconds: 30,
  // The example in HubSpot's documentation and in the tests of its libraries.
  publishedSecrets: ['yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'],

  authenticate: ({ method, url, headers, body }, secrets, now, { webhookUrl = url }) => {
    const signature = headers.get(signatureHeader);
    if (!signature) return 'unsigned';
    // Stryker disable next-line StringLiteral: `requireHeaders` refuses a request without this header.
    const timestamp = headers.get(timestampHeader) ?? '';
    if (!base64Sha256.test(signature) || !/^\d{1,15}$/.test(timestamp)) return 'malformed';
    const uri = webhookUrl.replace(decodedBySigner, (encoded) => decodeURIComponent(encoded));
    const isSigned = secrets.some((secret) => {
      const hmac = createHmac('sha256', secret)
        .update(method + uri)
        .update(body)
        .update(timestamp);
      return timingSafeEqualText(signature, hmac.digest('base64'));
    });
    return isSigned ? checkSignedTime(Number(timestamp), now, window) : 'signature';
  },

  normalise: (payload, { portalId, sidProperty }) =>
    parseBatch(parse(Batch, payload), (event) => parseEvent(event, portalId, sidProperty)),
});

/**
 * Whether HubSpot hides the value. A hidden value is not an empty value.
 * Source: https://developers.hubspot.com/docs/api-reference/legacy/crm/properties/sensitive-data
 */
function isRedacted({ propertyValue, isSensitive }: PropertyChange): boolean {
  return propertyValue === undefined || propertyValue === 'REDACTED' || isSensitive === true;
}

/** HubSpot does not send the ticket's old SID, so `from` has none. */
function sidChanges(state: TicketSnapshot, change: PropertyChange): readonly NormalisedChange[] {
  const to = parseSid(change.propertyValue);
  const isKnown = to !== undefined || !isRedacted(change);
  return changesForUpdate({ ...state, from: isKnown ? {} : undefined, to });
}

/**
 * The merged tickets are removed. The resulting ticket is present and replaces all of them. HubSpot's pages
 * disagree on whether the primary ticket is removed if the merge creates a new one.
 */
function mergeEventChanges(
  event: unknown,
  moment: Omit<TicketSnapshot, 'id'>,
): readonly NormalisedChange[] {
  const { primaryObjectId, mergedObjectIds, newObjectId } = parse(Merge, event);
  const id = newObjectId ?? primaryObjectId;
  const mergedAway = [...new Set(mergedObjectIds)].filter((merged) => merged !== id);
  const mayStay =
    id === primaryObjectId || mergedAway.includes(primaryObjectId) ? [] : [primaryObjectId];
  return [
    ...mergedAway.flatMap((merged) => changesForMerge({ ...moment, id: merged }, id)),
    ...mayStay.map((primary) => replacementChange({ ...moment, id: primary }, id)),
    ...changesForUpdate({ ...moment, id }),
  ];
}

function parseTicketEvent(
  action: string,
  event: unknown,
  sidProperty: string | undefined,
): readonly NormalisedChange[] {
  const { occurredAt } = parse(Moment, event);
  const moment = { version: BigInt(occurredAt), occurredAt, from: undefined, to: undefined };
  if (action === 'merge') return mergeEventChanges(event, moment);
  const state = { ...moment, id: parse(OneTicket, event).objectId };
  if (action === 'deletion') return changesForRemoval(state);
  if (action === 'propertyChange' && sidProperty !== undefined) {
    const change = parse(PropertyChange, event);
    if (change.propertyName === sidProperty) return sidChanges(state, change);
  }
  return changesForUpdate(state);
}

function parseEvent(
  event: unknown,
  portalId: string,
  sidProperty: string | undefined,
): readonly EventResult[] {
  const envelope = parse(AnyEvent, event);
  if (envelope.portalId !== portalId) {
    return [{ kind: 'ignored', reason: 'another portal' }];
  }
  const [, object, action] = subscription.exec(envelope.subscriptionType) ?? [];
  if (action === undefined) {
    return [{ kind: 'ignored', reason: 'not a subscribed ticket event' }];
  }
  if (object === 'object' && parse(GenericEvent, event).objectTypeId !== ticketType) {
    return [{ kind: 'ignored', reason: 'not a ticket event' }];
  }
  return parseTicketEvent(action, event, sidProperty);
}
