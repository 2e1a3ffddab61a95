import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import { changesForUpdate, parseBatch } from '../changes.ts';
import { millisecondsOf, parseSid, Timestamp } from '../parse/fields.ts';
import { oncePerSetting, parsePayload as parse } from '../parse/payload.ts';
import { elements, parseXml } from '../parse/xml.ts';
import { timingSafeEqualText } from '../signing/hmac.ts';
import { type EventResult, httpSource, salesforceField } from '../source.ts';
import { isCaseId, SalesforceId } from '../ticket-ids.ts';

/**
 * A 200 with the acknowledgement below ends a message. After any other response, Salesforce sends the whole message
 * again for 24 hours, at first after seconds, later every two hours. It does not read status and headers. So a 401
 * during a rotation loses nothing. A message with an invalid notification does not delay other messages, because
 * each message is repeated on its own.
 * Source: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
 */
const statusOf = { ...defaultStatus, accepted: 200 };

const namespaces = {
  soap: 'http://schemas.xmlsoap.org/soap/envelope/',
  om: 'http://soap.sforce.com/2005/09/outbound',
  sf: 'urn:sobject.enterprise.soap.sforce.com',
};

const acknowledgement = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="${namespaces.soap}">
  <soapenv:Body>
    <notificationsResponse xmlns="${namespaces.om}">
      <Ack>true</Ack>
    </notificationsResponse>
  </soapenv:Body>
</soapenv:Envelope>
`;

/** Too long to guess, and URL encoding does not change it. */
const tokenPattern = /^[A-Za-z0-9_-]{24,}$/;

const settings = {
  /** Id of the organisation whose messages are accepted, `00D` and 12 or 15 characters more. */
  organizationId: SalesforceId.refine((id) => id.startsWith('00D'), 'must begin with 00D'),
  /** API name of the field of Case that holds a Twilio SID (Task, call or conversation). */
  sidField: salesforceField.optional(),
};

const notificationPath = 'soap:Envelope.soap:Body.om:notifications.om:Notification';

/** A notification of a record that was deleted while it waited. */
const WithoutData = z.object({ 'om:sObject': z.literal('') });

const AnyRecord = z.object({ 'om:sObject': z.object({ 'sf:Id': SalesforceId }) });

/**
 * A record at the time when the message was sent: the fields that are selected in the message, without the empty
 * ones.
 */
const Case = z.object({
  'om:sObject': z
    .looseObject({
      'sf:SystemModstamp': Timestamp.optional(),
      'sf:LastModifiedDate': Timestamp.optional(),
    })
    .transform((fields, context) => {
      const changedAt = fields['sf:SystemModstamp'] ?? fields['sf:LastModifiedDate'];
      if (changedAt !== undefined) return { fields, changedAt };
      context.addIssue({
        code: 'custom',
        path: ['sf:SystemModstamp'],
        message: 'is missing: select SystemModstamp among the fields of the outbound message',
      });
      return z.NEVER;
    }),
});

/**
 * The fields of a message that we read. `SessionId` is not among them, because it gives access to the organisation.
 */
const Message = oncePerSetting((organizationId: string) =>
  z.object({
    'soap:Envelope': z.object({
      'soap:Body': z.object({
        'om:notifications': z.object({
          'om:OrganizationId': SalesforceId.refine(
            (id) => id === organizationId,
            "must be the source's organizationId: this is another organisation's message",
          ),
          'om:Notification': elements.refine(
            (notifications) => notifications.length > 0,
            'must occur at least once',
          ),
        }),
      }),
    }),
  }),
);

/** Salesforce's Outbound Messages for Cases: SOAP messages, with a secret in the URL. */
export const salesforceOutbound = httpSource({
  settings,
  requiredHeaders: [],
  statusOf,
  retryAfterSeconds: 30,
  secretProblem: (secret) =>
    tokenPattern.test(secret)
      ? undefined
      : 'must be at least 24 characters, only letters, digits, "_" and "-": it is part of a URL',
  takesPathToken: true,
  authenticate: ({ pathToken }, secrets) => {
    if (pathToken === undefined) return 'unsigned';
    const isSecret = secrets.some((secret) => timingSafeEqualText(pathToken, secret));
    return isSecret ? 'valid' : 'signature';
  },
  body: { contentTypes: ['text/xml'], parse: (body) => parseXml(body, namespaces) },
  response: { contentType: 'text/xml; charset=utf-8', body: acknowledgement },

  normalise: (payload, { organizationId, sidField }) => {
    const message = parse(Message(organizationId), payload);
    return parseBatch(
      message['soap:Envelope']['soap:Body']['om:notifications']['om:Notification'],
      (notification) => parseNotification(notification, sidField),
      notificationPath,
    );
  },
});

function ignored(reason: string): readonly EventResult[] {
  return [{ kind: 'ignored', reason }];
}

function parseNotification(
  notification: unknown,
  sidField: string | undefined,
): readonly EventResult[] {
  if (WithoutData.safeParse(notification).success) {
    return ignored('no data: the record was deleted before its message was sent');
  }
  const { 'sf:Id': id } = parse(AnyRecord, notification)['om:sObject'];
  if (!isCaseId(id)) return ignored('not a Case');

  const { fields, changedAt } = parse(Case, notification)['om:sObject'];
  const occurredAt = millisecondsOf(changedAt);
  const to = sidField === undefined ? undefined : parseSid(fields[`sf:${sidField}`]);
  // The message contains the whole Case. If it has no SID, no conversation has the Case by a SID any more.
  const from = sidField !== undefined && to === undefined ? {} : undefined;
  return changesForUpdate({ id, version: BigInt(occurredAt), occurredAt, from, to });
}
