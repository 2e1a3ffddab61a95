import type { IncomingMessage } from 'node:http';
import { type Agent, get } from 'node:https';
import { allowedUrl } from '../../../shared/crm/link-rules.ts';
import type { PageResponse } from './framing.ts';

/** The result of a request without a login. */
export type FetchedPage =
  | {
      end: 'response';
      status: number;
      /** Every value of each header, by name in lower case. */
      headers: Readonly<Record<string, readonly string[] | undefined>>;
      isHtml: boolean;
      /** The URL of the response. */
      address: URL;
      wasRedirected: boolean;
      /** The first bytes of the body, up to `maxBytes`. */
      body: string;
    }
  /** The URL, or the one of a redirect, is not allowed. */
  | { end: 'not-allowed'; wasRedirected: boolean }
  | { end: 'too-many-redirects' }
  /** `code` is an error code of Node, `private-address`, `timed-out` or `broken`. */
  | { end: 'no-response'; code: string; wasRedirected: boolean };

interface FetchPageOptions {
  /** Opens the connections. It must reject addresses that are not public. */
  agent: Agent;
  /** The timeout for DNS, TLS, redirects and body together, in milliseconds. */
  timeoutMs: number;
  maxRedirects: number;
  /** How many bytes of the body to read. With 0, the connection is closed after the headers. */
  maxBytes: number;
  /** The URL for a text, relative to the page that redirects to it. Undefined if the URL is not allowed. */
  allowed: (text: string, base?: URL) => URL | undefined;
}

/**
 * Requests a page over https and follows its redirects, without a login: it keeps no cookies and runs no
 * scripts. Never rejects.
 */
export async function fetchPage(
  url: string,
  { agent, timeoutMs, maxRedirects, maxBytes, allowed }: FetchPageOptions,
): Promise<FetchedPage> {
  const signal = AbortSignal.timeout(timeoutMs);
  let address = allowed(url);
  let redirects = 0;
  try {
    for (; redirects <= maxRedirects; redirects += 1) {
      const wasRedirected = redirects > 0;
      if (address === undefined) return { end: 'not-allowed', wasRedirected };
      const response = await request(address, agent, signal);
      const { statusCode: status = 0, headers, headersDistinct } = response;
      const { location, 'content-type': contentType = '' } = headers;
      if (!redirectStatuses.has(status) || location === undefined) {
        const body = await readStart(response, maxBytes);
        const isHtml = htmlType.test(contentType);
        return {
          end: 'response',
          status,
          headers: headersDistinct,
          isHtml,
          address,
          wasRedirected,
          body,
        };
      }
      response.destroy();
      address = allowed(location, address);
    }
    return address === undefined
      ? { end: 'not-allowed', wasRedirected: true }
      : { end: 'too-many-redirects' };
  } catch (error) {
    const code = signal.aborted ? 'timed-out' : errorCode(error);
    return { end: 'no-response', code, wasRedirected: redirects > 0 };
  }
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const htmlType = /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i;

function request(address: URL, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/html', 'user-agent': 'crm-media-sync' };
    get(address, { agent, headers, signal }, resolve)
      .on('error', reject)
      // It also closes without an error, e.g. after a 101.
      .once('close', () => reject(new Error('closed')));
  });
}

async function readStart(response: IncomingMessage, maxBytes: number): Promise<string> {
  if (maxBytes === 0) {
    response.destroy();
    return '';
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of response) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

/** The code of an error: its message may contain the URL. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'broken';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // The errors of request-filtering-agent have no code.
  return error.message.includes('is not allowed') ? 'private-address' : 'broken';
}

/** Why the headers of a page are unknown. It contains no part of the URL or of the response. */
export interface UnknownHeaders {
  unknownBecause: string;
}

interface FetchPageHeadersOptions {
  /** The hosts that may be requested, also after redirects. */
  allowedHosts: readonly string[];
  /** Opens the connections. It must reject addresses that are not public. */
  agent: Agent;
  /** The timeout of the whole request, in milliseconds. */
  timeoutMs: number;
}

const maxRedirects = 3;

/** Requests the headers of an HTML page, without a login. Never rejects. */
export async function fetchPageHeaders(
  url: string,
  { allowedHosts, agent, timeoutMs }: FetchPageHeadersOptions,
): Promise<PageResponse | UnknownHeaders> {
  const page = await fetchPage(url, {
    agent,
    timeoutMs,
    maxRedirects,
    maxBytes: 0,
    allowed: (text, base) => allowedUrl(text, allowedHosts, base),
  });
  if (page.end === 'response' && page.status === 200 && page.isHtml) {
    return { headers: page.headers, wasRedirected: page.wasRedirected };
  }
  return { unknownBecause: reasonFor(page) };
}

function reasonFor(page: FetchedPage): string {
  switch (page.end) {
    case 'response':
      return 'the response is not an HTML page with status 200';
    case 'not-allowed':
      return page.wasRedirected
        ? 'it redirects to a URL that is not allowed'
        : 'its URL is not allowed';
    case 'too-many-redirects':
      return 'it has too many redirects';
    case 'no-response':
      return connectionReasons[page.code] ?? `there was no response (${page.code})`;
  }
}

const connectionReasons: Readonly<Record<string, string>> = {
  'private-address': 'its address is private',
  'timed-out': 'the request timed out',
  broken: 'there was no response',
};
