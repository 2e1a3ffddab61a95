import { createServer, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { serve } from '../local/serve.ts';

interface ProxyOptions {
  /** The number of the request that fails, from 1; a GET does not count. */
  readonly at: number;
  /** The only action of SQS that counts, e.g. `SendMessageBatch`. */
  readonly action?: string;
  /** Whether the server gets that request all the same. */
  readonly takesEffect: boolean;
  /** Called at that request, in place of a response. */
  readonly fail: (response: ServerResponse) => void;
}

/** Starts a proxy of a server, which fails at one request. */
export async function startFailingProxy(target: string, options: ProxyOptions) {
  const { at, action, takesEffect, fail } = options;
  let requests = 0;
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '' } = request;
    const isWrite = method !== 'GET';
    const operation = String(request.headers['x-amz-target']);
    const counts = isWrite && (action === undefined || operation.endsWith(`.${action}`));
    if (counts) requests += 1;
    const fails = counts && requests === at;
    const body = new Uint8Array(await buffer(request));
    if (fails && !takesEffect) return fail(response);
    const { host: _, ...headers } = request.headers;
    const answer = await fetch(new URL(url, target), {
      method,
      headers: headers as Record<string, string>,
      ...(isWrite && { body }),
    });
    const text = await answer.text();
    if (fails) return fail(response);
    const type = answer.headers.get('content-type') ?? '';
    response.writeHead(answer.status, { 'content-type': type }).end(text);
    return undefined;
  });
  return { url: await serve(server), requests: () => requests };
}
