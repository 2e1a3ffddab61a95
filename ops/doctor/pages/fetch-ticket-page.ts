import type { IncomingMessage } from 'node:http';
import { type Agent, get } from 'node:https';

/** What somebody who is not logged in came to. */
export type FetchedPage =
  | {
      readonly end: 'answer';
      readonly status: number;
      readonly contentType: string;
      /** Where the answer came from. */
      readonly address: URL;
      readonly wasRedirected: boolean;
      /** The beginning of it. */
      readonly body: string;
    }
  /** A redirect that is not followed: not to https. */
  | { readonly end: 'left-https' }
  | { readonly end: 'too-many-redirects' }
  /** `code` is Node's, `private-address` or `timed-out`. */
  | { readonly end: 'no-answer'; readonly code: string; readonly wasRedirected: boolean };

interface FetchTicketPageOptions {
  /** Makes the connections; it is to refuse addresses which are not public. */
  readonly agent: Agent;
  /** For all of it. Milliseconds. */
  readonly timeoutMs: number;
}

const maxRedirects = 5;

const redirectStatuses: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

const maxBytes = 256 * 1024;

/**
 * Goes to a page over https as a browser without any login does, through a few redirects; it keeps no
 * cookies and runs no scripts. Never rejects.
 */
export async function fetchTicketPage(
  url: string,
  { agent, timeoutMs }: FetchTicketPageOptions,
): Promise<FetchedPage> {
  const signal = AbortSignal.timeout(timeoutMs);
  let address = new URL(url);
  let redirects = 0;
  try {
    for (; redirects <= maxRedirects; redirects += 1) {
      const response = await request(address, agent, signal);
      const { statusCode: status = 0, headers } = response;
      const { location, 'content-type': contentType = '' } = headers;
      const wasRedirected = redirects > 0;
      if (!redirectStatuses.has(status) || location === undefined) {
        const body = await readStart(response);
        return { end: 'answer', status, contentType, address, wasRedirected, body };
      }
      response.destroy();
      const next = URL.parse(location, address.href);
      if (next?.protocol !== 'https:') return { end: 'left-https' };
      address = next;
    }
    return { end: 'too-many-redirects' };
  } catch (error) {
    const code = signal.aborted ? 'timed-out' : errorCode(error);
    return { end: 'no-answer', code, wasRedirected: redirects > 0 };
  }
}

function request(address: URL, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/html', 'user-agent': 'crm-media-sync' };
    get(address, { agent, headers, signal }, resolve)
      .on('error', reject)
      .once('close', () => reject(new Error('closed')));
  });
}

async function readStart(response: IncomingMessage): Promise<string> {
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

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'broken';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // request-filtering-agent gives its refusals no code.
  return error.message.includes('is not allowed') ? 'private-address' : 'broken';
}
