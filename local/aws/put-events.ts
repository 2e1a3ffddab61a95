import { randomUUID } from 'node:crypto';
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';

export type BusEvent = EventBridgeEvent<string, unknown>;

/** Limits of one request. */
const maximumEntries = 10;
const maximumBytes = 256 * 1024;
const bytesOfTime = 14;

const lastSecondOfTheYear9999 = 253_402_300_799;

const Entry = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  /** JSON as text. What is not is told in the entry's place: an object is the usual slip of a first try. */
  Detail: z.unknown().optional(),
  /** Seconds since 1970. */
  Time: z.number().min(0).max(lastSecondOfTheYear9999).optional(),
  Resources: z.array(z.string()).optional(),
});
type Entry = z.infer<typeof Entry>;

const Request = jsonText(z.object({ Entries: z.array(Entry) }));
const Detail = jsonText(z.looseObject({}));

/** What became of an entry, as it is told to the sender. */
type Result =
  | { readonly EventId: string }
  | { readonly ErrorCode: string; readonly ErrorMessage: string };

export interface PutEventsAnswer {
  readonly status: number;
  readonly json: object;
  /** What was taken in. */
  readonly events: readonly BusEvent[];
}

/** The answer to a request that is refused as a whole. */
export const refusal = (type: string, message: string): PutEventsAnswer => ({
  status: 400,
  json: { __type: type, message },
  events: [],
});

/** Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
const bytesOf = ({ Source = '', DetailType = '', Detail, Time, Resources = [] }: Entry) =>
  [Source, DetailType, typeof Detail === 'string' ? Detail : '', ...Resources].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    Time === undefined ? 0 : bytesOfTime,
  );

const toWholeSeconds = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');

const missing = (field: string): Result => ({
  ErrorCode: 'InvalidArgument',
  ErrorMessage: `Parameter ${field} is not valid. Reason: ${field} is a required argument.`,
});

const malformed = (ErrorMessage: string): Result => ({
  ErrorCode: 'MalformedDetail',
  ErrorMessage,
});

const toEvent = (entry: Entry, now: Date): BusEvent | Result => {
  const { Source, DetailType, Time, Resources = [] } = entry;
  if (!Source) return missing('Source');
  if (!DetailType) return missing('DetailType');
  if (entry.Detail === undefined || entry.Detail === '') return missing('Detail');
  if (typeof entry.Detail !== 'string') return malformed('Detail must be text that holds JSON.');
  const detail = Detail.safeParse(entry.Detail);
  if (!detail.success) return malformed('Detail is malformed.');
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': DetailType,
    source: Source,
    account: '000000000000',
    time: toWholeSeconds(Time === undefined ? now : new Date(Time * 1000)),
    region: 'us-east-1',
    resources: Resources,
    detail: detail.data,
  };
};

/**
 * What `PutEvents` of EventBridge makes of a request's body: the events, in the envelope in which
 * targets get them, and the answer. An entry with something wrong is told so in its place and does not
 * spoil the others; unlike on AWS that goes for a `Detail` that is no text as well. Anybody may send for
 * a partner here: sources that begin with `aws.` are taken, and `EventBusName` is not looked at.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export const putEvents = (body: string, now: Date): PutEventsAnswer => {
  const request = Request.safeParse(body);
  if (!request.success) {
    return refusal('SerializationException', 'The body must be JSON and hold Entries, a list');
  }
  const { Entries: entries } = request.data;
  if (entries.length === 0 || entries.length > maximumEntries) {
    return refusal('ValidationException', `Entries must hold 1 to ${maximumEntries} entries`);
  }
  if (entries.reduce((sum, entry) => sum + bytesOf(entry), 0) > maximumBytes) {
    return refusal(
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    );
  }
  const made = entries.map((entry) => toEvent(entry, now));
  const events = made.filter((one) => 'id' in one);
  return {
    status: 200,
    json: {
      FailedEntryCount: made.length - events.length,
      Entries: made.map((one): Result => ('id' in one ? { EventId: one.id } : one)),
    },
    events,
  };
};
