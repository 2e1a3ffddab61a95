/** A server in its own thread, which runs while its client is frozen: it closes idle connections. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';

const { body, byReset, idleMs } = z
  .object({ body: z.string(), byReset: z.boolean(), idleMs: z.number() })
  .parse(workerData);

const server = createServer((request, response) => {
  const { socket } = request;
  response.once('finish', () => {
    setTimeout(() => (byReset ? socket.resetAndDestroy() : socket.end()), idleMs);
  });
  response.writeHead(200, { ETag: '1' }).end(body);
});
server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage((server.address() as AddressInfo).port);
});
