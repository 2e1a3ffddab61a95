import type { Agent } from 'node:https';
import { allowedUrl } from '../../../shared/crm/link-rules.ts';
import { type FetchedPage, fetchPage } from './fetch-page.ts';
import type { PageResponse } from './framing.ts';

/** Why the headers of a page are unknown. It contains no part of the URL or of the response. */
export interface UnknownHeaders {
  unknownBecause: string;
}

interface FetchPageHeadersOptions {
  /** The hosts to request, also after redirects. */
  allowedHosts: readonly string[];
  /** Makes the connections; it must reject addresses that are not public. */
  agent: Agent;
  /** Milliseconds for everything. */
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
