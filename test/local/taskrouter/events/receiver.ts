import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';
import type { CloudEvent } from '../../../../local/taskrouter/events/payloads.ts';
import { serve } from '../../serve.ts';

export interface ReceivedRequest {
  /** The URL that was called, as its sender signed it. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Something that events can be sent to; it stops with the test. */
export const startReceiver = async (
  statusOf: (waitForRequests: number) => number | 'none' = () => 204,
) => {
  const received: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    received.push({ url: `${origin}${request.url}`, headers: request.headers, body });
    const status = statusOf(received.length);
    if (status === 'none') return;
    response.writeHead(status, status === 302 ? { Location: '/elsewhere' } : {}).end();
  });
  const origin = await serve(server);
  const batches = () => received.map(({ body }) => JSON.parse(body) as CloudEvent[]);
  return {
    url: `${origin}/events?of=twilio`,
    received,
    /** What came of an event callback. */
    forms: () => received.map(({ body }) => Object.fromEntries(new URLSearchParams(body))),
    /** What came of Event Streams. */
    batches,
    /** What came of Event Streams, event by event. */
    events: () => batches().flat(),
    /** Waits until so many requests have come. */
    count: (wanted: number) =>
      vi.waitUntil(() => received.length >= wanted, { timeout: 10_000, interval: 10 }),
  };
};
