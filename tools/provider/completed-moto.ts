import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import { knownGaps } from './moto-gaps.ts';
import { forward, type Gap, jsonOf, type MotoRequest } from './moto-request.ts';

/** A moto server to which the features are added that moto 5.2.1 lacks. */
export interface CompletedMoto {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves moto at another URL, without its known gaps.
 * @param moto the URL of moto
 */
export async function completeMoto(moto: string): Promise<CompletedMoto> {
  const gaps = knownGaps(moto);
  const server = createServer(async (incoming, outgoing) => {
    try {
      const request = await requestOf(incoming);
      const answers = await Promise.all(gaps.map(({ answer }) => answer?.(request)));
      const filled = answers.find((of) => of !== undefined);
      const response = filled ?? (await forward(moto, await asked(gaps, request)));
      const body = response.status < 300 ? amended(gaps, request, response.body) : response.body;
      outgoing.writeHead(response.status, response.headers).end(body);
    } catch (error) {
      outgoing.writeHead(502).end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function asked(gaps: readonly Gap[], request: MotoRequest): Promise<MotoRequest> {
  const bodies = await Promise.all(gaps.map(({ ask }) => ask?.(request)));
  const body = bodies.find((of) => of !== undefined);
  return body === undefined ? request : { ...request, raw: Buffer.from(JSON.stringify(body)) };
}

function amended(gaps: readonly Gap[], request: MotoRequest, body: Buffer): Buffer {
  const answer = jsonOf(body);
  if (answer === undefined) return body;
  const complete = gaps.reduce((of, { amend }) => amend?.(request, of) ?? of, answer);
  return complete === answer ? body : Buffer.from(JSON.stringify(complete));
}

async function requestOf(incoming: IncomingMessage): Promise<MotoRequest> {
  const { connection: _, host: _host, ...headers } = incoming.headers;
  const raw = await buffer(incoming);
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://moto');
  return {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    path: decodeURIComponent(pathname),
    query: searchParams,
    action: String(headers['x-amz-target'] ?? ''),
    headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, String(v)])),
    raw,
    body: jsonOf(raw) ?? {},
  };
}
