import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished, vi } from 'vitest';
import type { CloudEvent } from '../../../../local/taskrouter/events/payloads.ts';

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
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });

  const forms = () => received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  const batches = () => received.map(({ body }) => JSON.parse(body) as CloudEvent[]);
  return {
    url: `${origin}/events?of=twilio`,
    received,
    /** What came of an event callback. */
    forms,
    /** What came of Event Streams. */
    batches,
    /** Waits until so many requests have come. */
    count: (wanted: number) =>
      vi.waitUntil(() => received.length >= wanted, { timeout: 10_000, interval: 10 }),
  };
};
