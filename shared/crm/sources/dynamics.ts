import * as z from 'zod';
import { defaultStatus } from '../../http/errors.ts';
import { changesForRemoval, changesForUpdate, type TicketSnapshot } from '../changes.ts';
import { parsePayload as parse } from '../parse/payload.ts';
import { parseSid } from '../parse/twilio-sid.ts';
import { timingSafeEqualText } from '../signing/hmac.ts';
import { httpSource } from '../source.ts';

/**
 * Dataverse signs nothing; it sends headers that the admin enters when the webhook is registered. This
 * one holds our shared secret.
 * Source: https://learn.microsoft.com/power-apps/developer/data-platform/register-web-hook
 */
const keyHeader = 'x-crm-media-sync-key';

/**
 * How Dataverse takes an answer. Only 502, 503 and 504 get another try, and only one; any other status
 * that is no 2xx, and 60 seconds of silence, fail the event for good. It reads nothing but the status.
 * Source: https://learn.microsoft.com/power-apps/developer/data-platform/use-webhooks
 */
const statusOf = defaultStatus;

/** What a header carries as it is. Without commas, for they join what is sent twice. */
const headerText = /^[!-+\--~]+$/;

const Guid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a GUID')
  .toLowerCase();

const invalidDate =
  'must be a date after 1970, /Date(<milliseconds>)/; register the step as asynchronous';

const dotNetDate = /^\/Date\((?<ms>\d{1,15})(?:(?<sign>[+-])(?<hours>\d\d)(?<minutes>\d\d))?\)\/$/;

/**
 * A .NET date in JSON, read as milliseconds since 1970. By the format the number is UTC already and the
 * offset only tells that the time was local. But in Microsoft's own example (server at -0700)
 * `OperationCreatedOn` is seven hours and a second after the `modifiedon` of the same save: a UTC time
 * that was written as if it were local. So the offset is added, which gives the one second, and keeps
 * the order when clocks are put forward. Dataverse online writes +0000, where both are the same.
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

/** What tells of which table a message is, and what happened. */
const AnyMessage = z.object({ PrimaryEntityName: z.string(), MessageName: z.string() });

/** The messages that steps are to be registered for: docs/sources/dynamics.md. */
const supportedMessages = new Set(['Create', 'Update', 'Delete']);

/**
 * `OperationCreatedOn` is when the asynchronous job for the save was made: the one time that every
 * message has, so that all are ordered by one clock. A deletion has neither `versionnumber` nor
 * `modifiedon`, and a message that was cut for its size has no columns at all.
 */
const Case = z.object({ PrimaryEntityId: Guid, OperationCreatedOn: DotNetDate });

/** A .NET dictionary in JSON. One that was cut (over 256 KB in all) is empty: it says nothing. */
const Dictionary = z
  .array(z.object({ key: z.string(), value: z.unknown().optional() }))
  .nullish()
  .transform((pairs) => new Map(pairs?.map(({ key, value }) => [key, value])));

/** A row as far as it was sent; a reference to a row (the Target of a deletion) has no columns. */
const Row = z.object({ Attributes: Dictionary });

const Parameters = z.object({
  InputParameters: Dictionary,
  PreEntityImages: z.array(z.object({ value: Row })).nullish(),
});

const settings = {
  /** Logical name of the column of the case that holds a Twilio SID (Task, call or conversation). */
  sidColumn: z
    .string()
    .regex(
      /^[a-z][a-z0-9_]{0,127}$/,
      'must be the logical name of a column, in lower case, e.g. new_twiliosid',
    )
    .optional(),
};

/** Cases (`incident`) of Dynamics 365, by webhooks of Dataverse. */
export const dynamics = httpSource({
  settings,
  requiredHeaders: [keyHeader],
  statusOf,
  retryAfterSeconds: 30,
  // The example of a key in Microsoft's documentation.
  publishedSecrets: ['00000000-0000-0000-0000-000000000001'],
  // Written with braces, and in capitals, in much of what Microsoft shows.
  ticketIdFromAttribute: (value) => Guid.safeParse(value.trim().replace(/^\{(.*)\}$/, '$1')).data,

  secretProblem: (secret) =>
    headerText.test(secret)
      ? undefined
      : 'travels in a header: it must be ASCII characters without spaces and commas',

  authenticate: ({ headers }, secrets) => {
    const key = headers.get(keyHeader) ?? '';
    return secrets.some((secret) => timingSafeEqualText(key, secret));
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
 * The SID that the case has, and the one that it had. A save brings the columns that it set; what they
 * were is in the Pre Image, where one is registered. Without one `from` has no SID, for it is not told.
 * An image leaves out columns that are empty.
 */
function sidsOf(
  message: string,
  payload: unknown,
  sidColumn: string | undefined,
): Pick<TicketSnapshot, 'from' | 'to'> {
  if (sidColumn === undefined) return { from: undefined, to: undefined };
  const { InputParameters, PreEntityImages } = parse(Parameters, payload);
  const { Target } = parse(z.object({ Target: Row.optional() }), {
    Target: InputParameters.get('Target'),
  });
  const images = PreEntityImages ?? [];
  const before = images.map(({ value }) => parseSid(value.Attributes.get(sidColumn))).find(Boolean);
  if (!Target?.Attributes.has(sidColumn)) return { from: undefined, to: before };
  const isPreviousUnknown = message === 'Update' && images.length === 0;
  return { from: isPreviousUnknown ? {} : before, to: parseSid(Target.Attributes.get(sidColumn)) };
}
