import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { listen } from '../listen.ts';
import { type BusEvent, putEvents, putEventsError } from './put-events.ts';

const putEventsTarget = 'AWSEvents.PutEvents';

const defaultCloseTimeoutMs = 1000;

/** Picks the events that are from exactly this source, of one of these types. */
export interface EventRule {
  readonly source: string;
  readonly detailTypes: readonly string[];
}

/**
 * EventBridge with a Lambda function as its target, as far as `PutEvents` goes, on 127.0.0.1. An event
 * that a rule picks is handed to the function asynchronously; the others are dropped and logged. What
 * is logged names an event's id, source and type, and nothing of its detail.
 */
export async function startEventBridge(
  options: AsyncInvokerOptions & {
    readonly port?: number | undefined;
    readonly rules: readonly EventRule[];
    /** How long a close waits for invocations that run: a second where not given. */
    readonly closeTimeoutMs?: number | undefined;
  },
) {
  const { rules, log } = options;
  const invocations = createAsyncInvoker(options);

  const deliver = (event: BusEvent): void => {
    const { id, source, 'detail-type': type } = event;
    if (rules.some((rule) => rule.source === source && rule.detailTypes.includes(type))) {
      invocations.enqueue(event);
    } else {
      log(`event ${id} was dropped, as no rule picks ${type} of ${source}`);
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
      log(`a request was not answered: ${error}`);
      response.destroy();
    }
  });
  const { url, close } = await listen(server, options.port);

  return {
    url,
    /**
     * Takes no more events and waits for invocations that run, within the grace. An event that waits
     * for its next try is lost, as everything is when the process ends.
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
  readonly invoke: (event: BusEvent) => Promise<unknown>;
  /** Keeps an event that failed to the last. */
  readonly sendToDeadLetterQueue: (event: BusEvent, error: unknown) => Promise<unknown>;
  /** The waits before each further try. Lambda's are one and two minutes; the embedded world has shorter ones. */
  readonly retryDelaysMs: readonly number[];
  readonly log: (line: string) => void;
}

const maxErrorMessageLength = 1024;

/**
 * An event that a function failed on to the last, as Lambda sends it to the dead-letter queue: the
 * event as it was, the error beside it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function failedEventCommand(
  queueUrl: string,
  event: { readonly id: string },
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
 * Lambda's asynchronous invocations of a function: whoever hands an event over does not wait, a failed
 * one is tried again after each of the delays, and what fails to the last becomes a dead letter.
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
      log(`event ${event.id} failed and will be tried again: ${error}`);
      await delay(delayMs, undefined, { signal: abortController.signal });
      return attempt(event, rest);
    }
  };

  return {
    /** Hands an event over. It never throws. */
    enqueue: (event: BusEvent): void => {
      const run = attempt(event, options.retryDelaysMs)
        .catch((error) => log(`event ${event.id} is lost: ${error}`))
        .then(() => void running.delete(run));
      running.add(run);
    },
    /** Tries nothing again from here on. Settles when nothing runs any more. */
    close: async (): Promise<void> => {
      abortController.abort();
      await Promise.all(running);
    },
  };
}
