import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/**
 * A way to SQS on which a request of some number, from 1, is the last thing that its sender does.
 * @param kill called at that request, before it is answered
 * @param takesEffect whether SQS gets to see it all the same
 */
export const startKillingProxy = async (
  target: string,
  at: number,
  takesEffect: boolean,
  kill: () => void,
) => {
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const isLast = requests === at;
    const body = await buffer(request);
    if (isLast && !takesEffect) return kill();
    const { host: _, ...headers } = request.headers;
    const answer = await fetch(target, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: new Uint8Array(body),
    });
    const text = await answer.text();
    if (isLast) return kill();
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
    return undefined;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
  };
};
