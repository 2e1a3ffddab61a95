import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/**
 * A proxy of SQS that kills its sender at one request.
 * @param at the number of that request, from 1
 * @param takesEffect whether SQS gets the request all the same
 * @param kill called at that request, before its response
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
