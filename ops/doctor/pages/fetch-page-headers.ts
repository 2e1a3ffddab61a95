import type { IncomingMessage } from 'node:http';
import { type Agent, get } from 'node:https';
import { allowedUrl } from '../../../shared/crm/link-rules.ts';
import type { PageResponse } from './framing.ts';

/** Why a page could not be judged: no part of its address or of its answer. */
export interface PageError {
  readonly doubt: string;
}

interface FetchPageHeadersOptions {
  /** Only addresses on these hosts are asked, wherever the page redirects to. */
  readonly allowedHosts: readonly string[];
  /** Makes the connections; it has to refuse addresses which are not public. */
  readonly agent: Agent;
  /** For all of it: names, connections, redirects. Milliseconds. */
  readonly timeoutMs: number;
}

const maxRedirects = 3;

const redirectStatuses: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

const htmlType = /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i;

/** Asks a page for its headers, as one who is not logged in. Never rejects. */
export async function fetchPageHeaders(
  url: string,
  { allowedHosts, agent, timeoutMs }: FetchPageHeadersOptions,
): Promise<PageResponse | PageError> {
  const signal = AbortSignal.timeout(timeoutMs);
  let address = allowedUrl(url, allowedHosts);
  if (address === undefined) return { doubt: 'not an address to ask' };
  try {
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const { statusCode, headers, headersDistinct } = await fetchHead(address, agent, signal);
      const { location, 'content-type': contentType = '' } = headers;
      if (!redirectStatuses.has(statusCode) || location === undefined) {
        return statusCode === 200 && htmlType.test(contentType)
          ? { headers: headersDistinct, wasRedirected: redirects > 0 }
          : { doubt: 'not a page' };
      }
      address = allowedUrl(location, allowedHosts, address);
      if (address === undefined) return { doubt: 'redirected elsewhere' };
    }
    return { doubt: 'redirected too often' };
  } catch (error) {
    return { doubt: signal.aborted ? 'timed out' : failureText(error) };
  }
}

/** An answer's head. The connection is closed at once, whatever the body would have been. */
function fetchHead(address: URL, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/html', 'user-agent': 'crm-media-sync' };
    get(address, { agent, headers, signal }, (response) => {
      resolve(response);
      response.destroy();
    })
      .on('error', reject)
      // Closes without an error too, e.g. after a 101.
      .once('close', () => reject(new Error('closed')));
  });
}

/** What went wrong, by the error's code: the text of an error may hold addresses. */
function failureText(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if ('code' in error && typeof error.code === 'string') return `no answer (${error.code})`;
  // request-filtering-agent gives its refusals no code.
  return error.message.includes('is not allowed') ? 'address not allowed' : 'no answer';
}
