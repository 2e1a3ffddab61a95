import { randomUUID } from 'node:crypto';
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';

export type BusEvent = EventBridgeEvent<string, unknown>;

/** Limits of one request. */
const maxEntries = 10;

const maxRequestBytes = 256 * 1024;

const timeBytes = 14;

const lastSecondOfTheYear9999 = 253_402_300_799;

const Entry = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  /** JSON as text. Other values get an error for their entry: an object is a usual mistake. */
  Detail: z.unknown().optional(),
  /** Seconds since 1970. */
  Time: z.number().min(0).max(lastSecondOfTheYear9999).optional(),
  Resources: z.array(z.string()).optional(),
});

type Entry = z.infer<typeof Entry>;

const Request = jsonText(z.object({ Entries: z.array(Entry) }));

const Detail = jsonText(z.looseObject({}));

/** The result of an entry, in the response. */
type EntryResult = { EventId: string } | { ErrorCode: string; ErrorMessage: string };

interface PutEventsResponse {
  status: number;
  json: object;
  /** The accepted events. */
  events: readonly BusEvent[];
}

/** The response to a request that is rejected as a whole. */
export function putEventsError(type: string, message: string): PutEventsResponse {
  return {
    status: 400,
    json: { __type: type, message },
    events: [],
  };
}

/**
 * Runs `PutEvents` of EventBridge on the body of a request.
 * @returns the events, in the envelope in which targets get them, and the response. A wrong entry gets an error
 *   of its own and the others are accepted; unlike on AWS that includes a `Detail` that is not text. Everybody
 *   may send as a partner here: sources that begin with `aws.` are accepted, and `EventBusName` is ignored.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function putEvents(body: string, now: Date): PutEventsResponse {
  const request = Request.safeParse(body);
  if (!request.success) {
    return putEventsError(
      'SerializationException',
      'The body must be JSON and hold Entries, a list',
    );
  }
  const { Entries: entries } = request.data;
  if (entries.length === 0 || entries.length > maxEntries) {
    return putEventsError('ValidationException', `Entries must hold 1 to ${maxEntries} entries`);
  }
  if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) > maxRequestBytes) {
    return putEventsError(
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    );
  }
  const results = entries.map((entry) => toBusEvent(entry, now));
  const events = results.filter((one) => 'id' in one);
  return {
    status: 200,
    json: {
      FailedEntryCount: results.length - events.length,
      Entries: results.map((one): EntryResult => ('id' in one ? { EventId: one.id } : one)),
    },
    events,
  };
}

/** Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
function entryBytes({ Source = '', DetailType = '', Detail, Time, Resources = [] }: Entry) {
  return [Source, DetailType, typeof Detail === 'string' ? Detail : '', ...Resources].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    Time === undefined ? 0 : timeBytes,
  );
}

function formatTime(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}

function missingArgument(field: string): EntryResult {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${field} is not valid. Reason: ${field} is a required argument.`,
  };
}

function malformedDetail(ErrorMessage: string): EntryResult {
  return {
    ErrorCode: 'MalformedDetail',
    ErrorMessage,
  };
}

function toBusEvent(entry: Entry, now: Date): BusEvent | EntryResult {
  const { Source, DetailType, Time, Resources = [] } = entry;
  if (!Source) return missingArgument('Source');
  if (!DetailType) return missingArgument('DetailType');
  if (entry.Detail === undefined || entry.Detail === '') return missingArgument('Detail');
  if (typeof entry.Detail !== 'string')
    return malformedDetail('Detail must be text that holds JSON.');
  const detail = Detail.safeParse(entry.Detail);
  if (!detail.success) return malformedDetail('Detail is malformed.');
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': DetailType,
    source: Source,
    account: '000000000000',
    time: formatTime(Time === undefined ? now : new Date(Time * 1000)),
    region: 'us-east-1',
    resources: Resources,
    detail: detail.data,
  };
}
