import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { listen } from '../listen.ts';
import { type BusEvent, putEvents, putEventsError } from './put-events.ts';

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
