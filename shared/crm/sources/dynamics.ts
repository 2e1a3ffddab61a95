import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import { changesForRemoval, changesForUpdate, type TicketSnapshot } from '../changes.ts';
import { parseSid } from '../parse/fields.ts';
import { parsePayload as parse } from '../parse/payload.ts';
import { timingSafeEqualText } from '../signing/hmac.ts';
import { httpSource } from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

/**
 * Dataverse does not sign. It sends headers that the administrator enters when they register the webhook. This
 * header contains our shared secret.
 * Source: https://learn.microsoft.com/power-apps/developer/data-platform/register-web-hook
 */
const keyHeader = 'x-crm-media-sync-key';

/**
 * Dataverse retries only after a 502, 503 or 504, and only once. After any other status except 2xx, or 60 seconds
 * without a response, the event is lost. It reads only the status.
 * Source: https://learn.microsoft.com/power-apps/developer/data-platform/use-webhooks
 */
const statusOf = defaultStatus;

/**
 * Dataverse cuts messages above 256 KB. It does not say whether it counts bytes or characters. A character has at
 * most three bytes.
 * Source: https://learn.microsoft.com/power-apps/developer/data-platform/use-webhooks
 */
const maxBodyBytes = 3 * 256 * 1024;

/**
 * Text that a header transports unchanged. Commas are excluded, because they join the values of a repeated header.
 */
const headerText = /^[!-+\--~]+$/;

const invalidDate =
  'must be a date after 1970, /Date(<milliseconds>)/; register the step as asynchronous';

const dotNetDate = /^\/Date\((?<ms>\d{1,15})(?:(?<sign>[+-])(?<hours>\d\d)(?<minutes>\d\d))?\)\/$/;

/**
 * A .NET date in JSON, parsed to milliseconds since 1970. By the format, the number is UTC, and the offset only
 * says that the time was local. But in Microsoft's own example (server at -0700), `OperationCreatedOn` is seven
 * hours and a second after the `modifiedon` of the same save: a UTC time was written as a local time. So the offset
 * is added. That gives a difference of one second, and keeps the order when clocks are put forward. Dataverse
 * online writes +0000, so both readings are the same.
 *
 * Source: https://learn.microsoft.com/dotnet/framework/wcf/feature-details/stand-alone-json-serialization
 * and the example in https://learn.microsoft.com/power-apps/developer/data-platform/use-webhooks
 */
const DotNetDate = z.string(invalidDate).transform((text, context) => {
  const { ms = '', sign, hours, minutes } = dotNetDate.exec(text)?.groups ?? {};
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  const time = Number(ms) + (sign === '-' ? -offset : offset);
  if (time > 0) return time;
  context.addIssue({
    code: 'custom',
    message: invalidDate,
  });
  return z.NEVER;
});

/** The table of a message, and the kind of change. */
const AnyMessage = z.object({
  PrimaryEntityName: z.string('must be the logical name of a table, e.g. incident'),
  MessageName: z.string('must be the message of a step, e.g. Update'),
});

/** The messages to register steps for: docs/sources/dynamics.md. */
const supportedMessages = new Set(['Create', 'Update', 'Delete']);

/**
 * `OperationCreatedOn` is the time at which Dataverse created the asynchronous job for the save. It is the only
 * time in every message, so one clock orders all of them. A deletion has neither `versionnumber` nor `modifiedon`,
 * and a message that was cut has no columns.
 */
const Case = z.object({
  PrimaryEntityId: ticketIdSchema({ kind: 'dynamics' }),
  OperationCreatedOn: DotNetDate,
});

/** A .NET dictionary in JSON. It is empty if the message was cut (over 256 KB in all). */
const Dictionary = z
  .array(z.object({ key: z.string(), value: z.unknown().optional() }))
  .nullish()
  .transform((pairs) => new Map(pairs?.map(({ key, value }) => [key, value])));

/** The columns of a row that were sent. A reference to a row (the Target of a deletion) has none. */
const Row = z.object({ Attributes: Dictionary });

const WithTarget = z.object({ Target: Row.optional() });

const Parameters = z.object({
  InputParameters: Dictionary,
  PreEntityImages: z.array(z.object({ value: Row })).nullish(),
});

const settings = {
  /** Logical name of the case's column that contains a Twilio SID (Task, call or Conversation). */
  sidColumn: z
    .string()
    .regex(
      /^[a-z][a-z0-9_]{0,127}$/,
      'must be the logical name of a column, in lower case, e.g. new_twiliosid',
    )
    .optional(),
};

/** Cases (`incident`) of Dynamics 365, through webhooks of Dataverse. */
export const dynamics = httpSource({
  settings,
  requiredHeaders: [keyHeader],
  statusOf,
  retryAfterSeconds: 30,
  maxBodyBytes,
  // The example key in Microsoft's documentation.
  publishedSecrets: ['00000000-0000-0000-0000-000000000001'],
  secretProblem: (secret) =>
    headerText.test(secret)
      ? undefined
      : 'is sent in a header: it must be ASCII characters without spaces and commas',

  authenticate: ({ headers }, secrets) => {
    const key = headers.get(keyHeader);
    if (!key) return 'unsigned';
    return secrets.some((secret) => timingSafeEqualText(key, secret)) ? 'valid' : 'signature';
  },

  normalise: (payload, { sidColumn }) => {
    const { PrimaryEntityName, MessageName } = parse(AnyMessage, payload);
    if (PrimaryEntityName !== 'incident') return [{ kind: 'ignored', reason: 'not a case' }];
    if (!supportedMessages.has(MessageName)) {
      return [{ kind: 'ignored', reason: 'not a creation, change or deletion' }];
    }
    const { PrimaryEntityId, OperationCreatedOn } = parse(Case, payload);
    const state = {
      id: PrimaryEntityId,
      version: BigInt(OperationCreatedOn),
      occurredAt: OperationCreatedOn,
      ...sidsOf(MessageName, payload, sidColumn),
    };
    return MessageName === 'Delete' ? changesForRemoval(state) : changesForUpdate(state);
  },
});

/**
 * The SID that the case has, and the SID that it had. A message contains the columns that the save set. Their old
 * values are in the Pre Image, if one is registered. Without a Pre Image, `from` has no SID, because the old SID is
 * unknown. An image leaves out empty columns.
 */
function sidsOf(
  message: string,
  payload: unknown,
  sidColumn: string | undefined,
): Pick<TicketSnapshot, 'from' | 'to'> {
  if (sidColumn === undefined) return { from: undefined, to: undefined };
  const { InputParameters, PreEntityImages } = parse(Parameters, payload);
  const { Target } = parse(WithTarget, { Target: InputParameters.get('Target') });
  const images = PreEntityImages ?? [];
  const before = images.map(({ value }) => parseSid(value.Attributes.get(sidColumn))).find(Boolean);
  if (!Target?.Attributes.has(sidColumn)) return { from: undefined, to: before };
  const isPreviousUnknown = message === 'Update' && images.length === 0;
  return { from: isPreviousUnknown ? {} : before, to: parseSid(Target.Attributes.get(sidColumn)) };
}
