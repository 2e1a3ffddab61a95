import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/**
 * A proxy of the emulator that answers one write with 503: the one of this number, from 1.
 * @param takesEffect whether the emulator gets the write all the same
 */
export const startFailingProxy = async (target: string, at: number, takesEffect: boolean) => {
  let writes = 0;
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '', headers } = request;
    const body = await text(request);
    if (method !== 'GET') writes += 1;
    const fails = method !== 'GET' && writes === at;
    const forwarded = async () =>
      fetch(target + url, {
        method,
        headers: {
          authorization: headers.authorization ?? '',
          'content-type': headers['content-type'] ?? '',
        },
        ...(method !== 'GET' && { body }),
      });
    if (fails && takesEffect) await forwarded();
    if (fails) {
      response.writeHead(503).end('{}');
      return;
    }
    const answer = await forwarded();
    response.writeHead(answer.status).end(await answer.text());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
