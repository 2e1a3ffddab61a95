import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { listen } from '../listen.ts';

const putEventsTarget = 'AWSEvents.PutEvents';

const defaultCloseTimeoutMs = 1000;

/** Matches events that have this source and one of these types. */
export interface EventRule {
  source: string;
  detailTypes: readonly string[];
}

/**
 * Starts `PutEvents` of EventBridge on 127.0.0.1. Its target is a Lambda function. An event that matches a rule
 * invokes the function asynchronously. Other events are dropped and logged. The log contains an event's id, source
 * and type, never its detail.
 */
export async function startEventBridge(
  options: AsyncInvokerOptions & {
    port?: number | undefined;
    rules: readonly EventRule[];
    /** How long `close` waits for running invocations, in milliseconds. Default: one second. */
    closeTimeoutMs?: number | undefined;
  },
) {
  const { rules, log } = options;
  const invocations = createAsyncInvoker(options);

  const deliver = (event: BusEvent): void => {
    const { id, source, 'detail-type': type } = event;
    if (rules.some((rule) => rule.source === source && rule.detailTypes.includes(type))) {
      invocations.enqueue(event);
    } else {
      log(`event ${id} was dropped: no rule matches ${type} from ${source}`);
    }
  };

  const server = createServer(async (request, response) => {
    try {
      const body = await text(request);
      const { status, json, events } =
        request.headers['x-amz-target'] === putEventsTarget
          ? putEvents(body, new Date())
          : putEventsError('UnknownOperationException', `only ${putEventsTarget}`);
      for (const event of events) deliver(event);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(json));
    } catch (error) {
      log(`could not answer a request: ${error}`);
      response.destroy();
    }
  });
  const { url, close } = await listen(server, options.port);

  return {
    url,
    /**
     * Accepts no more events. Waits for running invocations until the timeout. Events that wait for a retry are
     * lost, as all data is when the process ends.
     */
    close: async (): Promise<void> => {
      const timeout = Promise.withResolvers<void>();
      const timer = setTimeout(timeout.resolve, options.closeTimeoutMs ?? defaultCloseTimeoutMs);
      try {
        await close();
        await Promise.race([invocations.close(), timeout.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

interface AsyncInvokerOptions {
  invoke: (event: BusEvent) => Promise<unknown>;
  /** Receives an event whose last attempt failed. */
  sendToDeadLetterQueue: (event: BusEvent, error: unknown) => Promise<unknown>;
  /** The delay before each retry. Lambda waits one minute, then two. The local stack waits less. */
  retryDelaysMs: readonly number[];
  log: (line: string) => void;
}

const maxErrorMessageLength = 1024;

/**
 * The message that Lambda sends to the dead-letter queue if the last attempt of an event failed. Its body is the
 * event. Its attributes describe the error.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function failedEventCommand(
  queueUrl: string,
  event: { id: string },
  error: unknown,
): SendMessageCommand {
  const stringAttribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  const message = error instanceof Error ? error.message : String(error);
  return new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: JSON.stringify(event),
    MessageAttributes: {
      RequestID: stringAttribute(event.id),
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      ErrorMessage: stringAttribute(message.slice(0, maxErrorMessageLength) || 'none'),
    },
  });
}

/**
 * Lambda's asynchronous invocations of a function. The caller does not wait. A failed event is retried after each
 * of the delays. If every attempt fails, the event goes to the dead-letter queue.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
function createAsyncInvoker(options: AsyncInvokerOptions) {
  const { invoke, sendToDeadLetterQueue, log } = options;
  const running = new Set<Promise<void>>();
  const abortController = new AbortController();

  const attempt = async (event: BusEvent, delaysMs: readonly number[]): Promise<unknown> => {
    try {
      return await invoke(event);
    } catch (error) {
      const [delayMs, ...rest] = delaysMs;
      if (delayMs === undefined) return sendToDeadLetterQueue(event, error);
      log(`event ${event.id} failed and will be retried: ${error}`);
      await delay(delayMs, undefined, { signal: abortController.signal });
      return attempt(event, rest);
    }
  };

  return {
    /** Invokes the function and does not wait. It never throws. */
    enqueue: (event: BusEvent): void => {
      const run = attempt(event, options.retryDelaysMs)
        .catch((error) => log(`event ${event.id} is lost: ${error}`))
        .then(() => void running.delete(run));
      running.add(run);
    },
    /** Starts no more retries, and waits until running invocations end. */
    close: async (): Promise<void> => {
      abortController.abort();
      await Promise.all(running);
    },
  };
}

export type BusEvent = EventBridgeEvent<string, unknown>;

/** The most entries that one request may hold. */
const maxEntries = 10;

const maxRequestBytes = 256 * 1024;

const timeBytes = 14;

const lastSecondOfTheYear9999 = 253_402_300_799;

const Entry = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  /**
   * JSON as text. If the value is not text, its entry gets an error. An object in place of text is a frequent
   * mistake.
   */
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
  /** The events that were accepted. */
  events: readonly BusEvent[];
}

/** The response to a request that is rejected as a whole. */
function putEventsError(type: string, message: string): PutEventsResponse {
  return {
    status: 400,
    json: { __type: type, message },
    events: [],
  };
}

/**
 * Runs `PutEvents` of EventBridge on the body of a request. An entry that is not valid gets its own error, and the
 * others are accepted. There are three differences from AWS: a `Detail` that is not text is an error of its entry
 * only, any sender may use any source (also `aws.…`), and `EventBusName` is ignored.
 * @returns the response, and the events in the envelope in which targets receive them
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function putEvents(body: string, now: Date): PutEventsResponse {
  const request = Request.safeParse(body);
  if (!request.success) {
    return putEventsError(
      'SerializationException',
      'The body must be a JSON object with a list named Entries',
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
