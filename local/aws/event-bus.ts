import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../listen.ts';
import { type AsyncInvocationsOptions, asyncInvocations } from './async-invocations.ts';
import { type BusEvent, putEvents, refusal } from './put-events.ts';

const operation = 'AWSEvents.PutEvents';
const graceMs = 1000;

/** Picks the events that are from exactly this source, of one of these types. */
export interface BusRule {
  readonly source: string;
  readonly detailTypes: readonly string[];
}

/**
 * EventBridge with a Lambda function as its target, as far as `PutEvents` goes, on 127.0.0.1. An event
 * that a rule picks is handed to the function asynchronously; the others are dropped and logged. What
 * is logged names an event's id, source and type, and nothing of its detail.
 */
export const startEventBus = async (
  options: AsyncInvocationsOptions & {
    readonly port?: number | undefined;
    readonly rules: readonly BusRule[];
    /** How long a close waits for invocations that run: a second where not given. */
    readonly graceMs?: number | undefined;
  },
) => {
  const { rules, log } = options;
  const invocations = asyncInvocations(options);

  const route = (event: BusEvent): void => {
    const { id, source, 'detail-type': type } = event;
    if (rules.some((rule) => rule.source === source && rule.detailTypes.includes(type))) {
      invocations.hand(event);
    } else {
      log(`event ${id} was dropped, as no rule picks ${type} of ${source}`);
    }
  };

  const server = createServer(async (request, response) => {
    try {
      const body = await text(request);
      const { status, json, events } =
        request.headers['x-amz-target'] === operation
          ? putEvents(body, new Date())
          : refusal('UnknownOperationException', `only ${operation}`);
      for (const event of events) route(event);
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
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, options.graceMs ?? graceMs);
      try {
        await close();
        await Promise.race([invocations.close(), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
};
