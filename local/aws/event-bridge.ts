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

/** Matches the events of exactly this source with one of these types. */
export interface EventRule {
  source: string;
  detailTypes: readonly string[];
}

/**
 * Starts `PutEvents` of EventBridge on 127.0.0.1, with a Lambda function as target. An event that matches a
 * rule invokes the function asynchronously; other events are dropped and logged. The log has an event's id,
 * source and type, never its detail.
 */
export async function startEventBridge(
  options: AsyncInvokerOptions & {
    port?: number | undefined;
    rules: readonly EventRule[];
    /** How long a close waits for running invocations; a second by default. */
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
     * Accepts no more events and waits for running invocations until the timeout. An event that waits for
     * its next attempt is lost, as everything is when the process ends.
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
  /** Takes an event whose last attempt failed. */
  sendToDeadLetterQueue: (event: BusEvent, error: unknown) => Promise<unknown>;
  /** The delay before each retry. Lambda waits one minute and then two; the local stack waits less. */
  retryDelaysMs: readonly number[];
  log: (line: string) => void;
}

const maxErrorMessageLength = 1024;

/**
 * The message that Lambda sends to the dead-letter queue for an event whose last attempt failed: the event
 * as body, the error as attributes.
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
 * Lambda's asynchronous invocations of a function: the caller does not wait, a failed event is retried after
 * each of the delays, and one that fails each time goes to the dead-letter queue.
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
    /** Invokes the function without waiting. It never throws. */
    enqueue: (event: BusEvent): void => {
      const run = attempt(event, options.retryDelaysMs)
        .catch((error) => log(`event ${event.id} is lost: ${error}`))
        .then(() => void running.delete(run));
      running.add(run);
    },
    /** Retries nothing from here on, and waits until nothing runs any more. */
    close: async (): Promise<void> => {
      abortController.abort();
      await Promise.all(running);
    },
  };
}

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
function putEventsError(type: string, message: string): PutEventsResponse {
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
