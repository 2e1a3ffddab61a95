import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { type AgentOptions, createServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { expect, onTestFinished, vi } from 'vitest';
import { fetchPageHeaders } from '../../../ops/doctor/pages/fetch-page.ts';
import type { PageResponse } from '../../../ops/doctor/pages/framing.ts';
import { certificate, WatchedAgent } from './local-agent.ts';

export const key = readFileSync(`${import.meta.dirname}/fixtures/key.pem`);
const hosts = ['pages.test', 'login.pages.test'];
export const ticketUrl = 'https://pages.test/tickets/CS-4711?customer=Ada-Lovelace#notes';

/** Starts a server on a free port of this machine, until the test ends. */
export const startServer = async (server: Server): Promise<{ port: number; open: Set<Socket> }> => {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket.on('error', () => undefined));
    socket.once('close', () => open.delete(socket));
  });
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, open };
};

/** Resolves once none of these connections is open any more. */
export const allClosed = (open: ReadonlySet<Socket>): Promise<void> =>
  vi.waitFor(() => expect(open.size).toBe(0), { timeout: 10_000 });

/** Requests pages with an agent that resolves every name to this server. */
export const requestsTo = (
  port: number,
  options: { agentOptions?: AgentOptions; timeoutMs?: number } = {},
) => {
  const { agentOptions, timeoutMs = 10_000 } = options;
  const agent = new WatchedAgent({ port, allowIPAddressList: ['127.0.0.1'], ...agentOptions });
  const fetchHeaders = (url: string, allowedHosts: readonly string[]) =>
    fetchPageHeaders(url, { allowedHosts, agent, timeoutMs });
  return {
    agent,
    fetchHeaders,
    page: async (url = ticketUrl): Promise<PageResponse> => {
      const result = await fetchHeaders(url, hosts);
      if ('unknownBecause' in result) throw new Error(result.unknownBecause);
      return result;
    },
    /** Why the headers are unknown. Checks that the reason contains no part of the URL. */
    unknownBecause: async (url = ticketUrl): Promise<string | undefined> => {
      const result = await fetchHeaders(url, hosts);
      if (!('unknownBecause' in result)) return undefined;
      expect(JSON.stringify(result)).not.toMatch(/pages\.test|CS-4711|Ada-Lovelace|127\.0\.0\.1/);
      return result.unknownBecause;
    },
  };
};

/** A request as it arrived. */
interface Seen {
  readonly method: string | undefined;
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
}

/** Serves `pages.test` and its hosts. */
export const servePages = async (
  listener: RequestListener,
  options?: Parameters<typeof requestsTo>[1],
) => {
  const seen: Seen[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const { method, headers, url } = request;
    seen.push({ method, address: `${headers.host}${url}`, headers });
    listener(request, response);
  });
  const { port, open } = await startServer(server);
  return { ...requestsTo(port, options), seen, open };
};

/** Serves a page with these headers. */
export const pageWith =
  (headers: Readonly<Record<string, string | readonly string[]>>): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end('<!doctype html>');
  };

/** Redirects each of these addresses, and serves a page at any other. */
export const redirecting =
  (locations: Readonly<Record<string, string>>, status = 302): RequestListener =>
  (request, response) => {
    const location = locations[`${request.headers.host}${request.url}`];
    if (location === undefined) pageWith({})(request, response);
    else response.writeHead(status, { location, 'set-cookie': 'session=1' }).end('moved');
  };

/** Serves a page without an end, and counts what it wrote. */
export const endless = (chunk: string | Buffer) => {
  let written = 0;
  const listener: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const more = () => {
      while (!response.destroyed && response.write(chunk)) written += 1;
    };
    response.on('drain', more);
    more();
  };
  return { listener, written: () => written };
};
