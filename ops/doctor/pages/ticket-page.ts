import type { Agent } from 'node:https';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { ticketPage } from '../../../shared/crm/link-rules.ts';
import { allowedHosts, type LinkConfig } from '../../../shared/crm/link-settings.ts';
import type { TicketIdSource } from '../../../shared/crm/ticket-ids.ts';
import type { Link } from '../../../shared/messages/ticket-change.ts';
import { requireTicketId } from '../../deployment/deployment.ts';
import { Failure } from '../../failure.ts';
import {
  type Check,
  type CheckResult,
  failed,
  type Observation,
  ok,
  unknown,
  warning,
} from '../check.ts';
import { evaluateLogin, manualLoginCheck } from './evaluate-login.ts';
import {
  type FetchedPage,
  fetchPage,
  fetchPageHeaders,
  type UnknownHeaders,
} from './fetch-page.ts';
import { allowsFraming, type PageResponse } from './framing.ts';

/** The ticket pages of a source, and how Flex Insights shows them. */
type TicketPages = Pick<LinkConfig, 'ticketUrl' | 'linkType' | 'allowedHosts'>;

interface TicketPageOptions {
  /** The id of an existing ticket, if the operator gave one. */
  ticketId?: string | undefined;
  agent: Agent;
  timeoutMs?: number;
}

/** Digits, as in most CRMs. Probably no ticket has this id. */
const placeholderId = '999999999';

const maxRedirects = 5;

const maxBytes = 256 * 1024;

/**
 * Checks a ticket page of a source: whether it responds, needs a login, and allows Flex to frame it. It does not
 * show or keep content of the page.
 */
export async function checkTicketPage(
  { linkType, ...pages }: TicketPages,
  { ticketId, agent, timeoutMs = 15_000 }: TicketPageOptions,
): Promise<readonly Observation[]> {
  const ticket = { id: ticketId ?? placeholderId, isReal: ticketId !== undefined };
  const hosts = allowedHosts(pages);
  const url = ticketPage(pages.ticketUrl, ticket.id, hosts);
  if (url === undefined) return [{ about: 'ticketUrl', ...templateFailure }];
  const { hostname } = new URL(url);
  const page = await fetchPage(url, {
    agent,
    timeoutMs,
    maxRedirects,
    maxBytes,
    allowed: httpsUrl,
  });
  const reachable: Observation = { about: hostname, ...reachability(page) };
  if (reachable.state !== 'ok') return [reachable];

  const fetched = await fetchPageHeaders(url, {
    allowedHosts: hosts,
    agent,
    timeoutMs,
  });
  return [
    reachable,
    { about: 'login', ...evaluateLogin(page, ticket) },
    { about: 'framing', ...evaluateFraming(fetched, linkType) },
  ];
}

/**
 * One check for the ticket page of each source. The default agent connects to public addresses only.
 * @param tickets ids of existing tickets, by source
 */
export function ticketPageChecks(
  sources: Readonly<Record<string, TicketPages>>,
  tickets: Readonly<Record<string, string>>,
  agent: Agent = new RequestFilteringHttpsAgent(),
): readonly Check[] {
  return Object.entries(sources).map(([source, pages]) => ({
    name: `Ticket page of ${source}`,
    timeoutMs: 40_000,
    next: manualLoginCheck,
    run: () => checkTicketPage(pages, { agent, ticketId: tickets[source] }),
  }));
}

const templateFailure = failed(
  'its pages are not on an allowed host: nothing was requested',
  'Correct ticketUrl or allowedHosts of the source, and run `npm run up`.',
);

const knownErrors: Readonly<Record<string, readonly [finding: string, next: string]>> = {
  ENOTFOUND: ['the host does not exist', 'Check the host in ticketUrl.'],
  EAI_AGAIN: ['DNS lookup failed', 'Check the DNS of this machine.'],
  ECONNREFUSED: [
    'the connection on port 443 was refused',
    'Check that the CRM is running, and on port 443.',
  ],
  CERT_HAS_EXPIRED: ['the certificate has expired', 'Renew it: browsers reject the page.'],
  CERT_NOT_YET_VALID: [
    'the certificate is not valid yet',
    'Check the clocks of this machine and of the server.',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'the certificate is for other hosts',
    'Issue a certificate for this host, or set ticketUrl to a host of the certificate.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'the certificate is self-signed',
    'Use a certificate of a public authority: browsers reject others unless they are installed.',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'the certificate is from a private authority',
    'Use a certificate of a public authority: browsers reject others unless the authority is installed.',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'the certificate of the issuer is missing',
    'Configure the server to send the whole chain: not all browsers fetch missing certificates.',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'the authority of the certificate is unknown on this machine',
    'Use a certificate of a public authority, or configure the server to send the whole chain.',
  ],
};

/** The finding for a host that did not answer over https, by the error code of Node. */
export function connectionFailure(code: string): CheckResult {
  if (code === 'private-address') {
    return unknown(
      'the address is private: it was not requested',
      'Open a ticket in a private browser window in that network: it must ask for a login.',
    );
  }
  if (code === 'timed-out') {
    return failed(
      'the request timed out',
      'Open the page in a browser on this machine. A CRM may allow certain networks only.',
    );
  }
  const [finding, next] = knownErrors[code] ?? [
    `no response over https (${code})`,
    'Open the page in a browser on this machine.',
  ];
  return failed(finding, next);
}

/**
 * The ids of tickets by source, in the form of each source.
 * @throws Failure if a ticket belongs to an unknown source, or does not have the shape of its ids
 */
export function requireTickets(
  tickets: Readonly<Record<string, string>>,
  sources: Readonly<Record<string, TicketIdSource>>,
): Readonly<Record<string, string>> {
  const unknownSources = Object.keys(tickets).filter((source) => !Object.hasOwn(sources, source));
  if (unknownSources.length > 0) {
    throw new Failure(
      `Unknown source: ${unknownSources.join(', ')}.`,
      `--ticket takes one of ${Object.keys(sources).join(', ')}.`,
    );
  }
  return Object.fromEntries(
    Object.entries(sources)
      .filter(([name]) => Object.hasOwn(tickets, name))
      .map(([name, source]) => [name, requireTicketId(tickets[name] ?? '', name, source)]),
  );
}

const allowFramingHint =
  'Allow https://flex.twilio.com in the CRM to frame the page, or set linkType to Referenced (docs/link-type.md).';

const manualFramingCheck =
  'Try it in Flex, in the browser of a supervisor. If it shows nothing, set linkType to Referenced (docs/link-type.md).';

/** The URL of a ticket page, or of a redirect, if it is https. */
function httpsUrl(text: string, base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href);
  return url?.protocol === 'https:' ? url : undefined;
}

function reachability(page: FetchedPage): CheckResult {
  return page.end === 'no-response' && !page.wasRedirected
    ? connectionFailure(page.code)
    : ok('answers over https');
}

/** Which `linkType` to configure, from the headers of the page without a login. */
function evaluateFraming(
  fetched: PageResponse | UnknownHeaders,
  linkType: Link['type'],
): CheckResult {
  const isUnknown = 'unknownBecause' in fetched;
  const isFrameable = !isUnknown && allowsFraming(fetched);
  if (linkType === 'Referenced') {
    if (isFrameable)
      return ok('Referenced works; so does Embedded: the page allows Flex to frame it');
    const reason = isUnknown
      ? `whether Flex may frame the page is unknown, ${fetched.unknownBecause}`
      : 'the page does not allow Flex to frame it';
    return ok(`keep linkType Referenced: ${reason}`);
  }
  if (isUnknown) {
    return unknown(
      `whether Flex may frame the page is unknown: ${fetched.unknownBecause}`,
      manualFramingCheck,
    );
  }
  if (isFrameable) return ok('Embedded works: the page allows Flex to frame it');
  return fetched.wasRedirected
    ? warning(
        'the page redirects, and the target does not allow Flex to frame it; the ticket page behind the login is unknown',
        manualFramingCheck,
      )
    : failed('Embedded does not work: the page does not allow Flex to frame it', allowFramingHint);
}
