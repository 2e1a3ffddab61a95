import type { IncomingMessage } from 'node:http';
import { type Agent, get } from 'node:https';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { allowedUrl } from '../allowed-url.ts';
import type { Page } from './may-be-framed.ts';

/** Why a page could not be judged, for the log: no part of its address or of its answer. */
export interface Doubt {
  readonly doubt: string;
}

/**
 * Asks a page for its headers, as one who is not logged in. Never rejects.
 * Only addresses on the hosts given are asked, wherever the page sends us.
 */
export type AskPage = (url: string, allowedHosts: readonly string[]) => Promise<Page | Doubt>;

export interface AskPageOptions {
  /** Makes the connections; one that refuses addresses which are not public where it is not set. */
  readonly agent?: Agent;
  /** For all of it: names, connections, redirects. Milliseconds. */
  readonly timeoutMs?: number;
}

const mostRedirects = 3;
const redirecting: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);
const pageType = /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i;

/** An answer's head. The connection is closed at once, whatever the body would have been. */
const headOf = (address: URL, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { accept: 'text/html', 'user-agent': 'crm-media-sync' };
    get(address, { agent, headers, signal }, (response) => {
      resolve(response);
      response.destroy();
    })
      .on('error', reject)
      // Closes without an error too, e.g. after a 101.
      .once('close', () => reject(new Error('closed')));
  });

/** What went wrong, by the error's code: the text of an error may hold addresses. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'no answer';
  if ('code' in error && typeof error.code === 'string') return `no answer (${error.code})`;
  // request-filtering-agent gives its refusals no code.
  return error.message.includes('is not allowed') ? 'address not allowed' : 'no answer';
};

/** Asks through the agent given; the default goes to public addresses only, also behind a name. */
export const createAskPage = ({ agent, timeoutMs = 1500 }: AskPageOptions = {}): AskPage => {
  let ownAgent: Agent | undefined;

  return async (url, allowedHosts) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let address = allowedUrl(url, allowedHosts);
    if (address === undefined) return { doubt: 'not an address to ask' };
    try {
      ownAgent ??= agent ?? new RequestFilteringHttpsAgent();
      for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
        const { statusCode, headers, headersDistinct } = await headOf(address, ownAgent, signal);
        const { location, 'content-type': contentType = '' } = headers;
        if (!redirecting.has(statusCode) || location === undefined) {
          return statusCode === 200 && pageType.test(contentType)
            ? { headers: headersDistinct, wasRedirected: redirects > 0 }
            : { doubt: 'not a page' };
        }
        address = allowedUrl(location, allowedHosts, address);
        if (address === undefined) return { doubt: 'redirected elsewhere' };
      }
      return { doubt: 'redirected too often' };
    } catch (error) {
      return { doubt: signal.aborted ? 'timed out' : reasonOf(error) };
    }
  };
};

export const askPage = createAskPage();
