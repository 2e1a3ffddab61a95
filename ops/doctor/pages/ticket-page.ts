import type { Agent } from 'node:https';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import type { Link } from '../../../shared/messages/link.ts';
import type { TicketPages } from '../../deployment/deployment.ts';
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
import { evaluateLogin } from './evaluate-login.ts';
import { fetchPageHeaders, type PageError } from './fetch-page-headers.ts';
import { type FetchedPage, fetchTicketPage } from './fetch-ticket-page.ts';
import { allowsFraming, type PageResponse } from './framing.ts';

interface TicketPageOptions {
  /** A ticket of the CRM's, where the operator names one. */
  readonly ticketId?: string | undefined;
  readonly agent: Agent;
  readonly timeoutMs?: number;
}

/** Digits, as most CRMs have them. It is no secret, and most likely nobody's. */
const placeholderId = '999999999';

/**
 * The page of a source's ticket as one sees it who is not logged in, and whether Flex may frame it. Nothing
 * of the page is told, or kept.
 */
export async function checkTicketPage(
  { ticketUrl, linkType, allowedHosts }: TicketPages,
  { ticketId, agent, timeoutMs = 15_000 }: TicketPageOptions,
): Promise<readonly Observation[]> {
  const ticket = { id: ticketId ?? placeholderId, isReal: ticketId !== undefined };
  const url = ticketUrl.replace('{id}', encodeURIComponent(ticket.id));
  const { hostname } = new URL(url);
  const page = await fetchTicketPage(url, { agent, timeoutMs });
  const reachable: Observation = { about: hostname, ...reachability(page) };
  if (reachable.state !== 'ok') return [reachable];

  const fetched = await fetchPageHeaders(url, {
    allowedHosts: allowedHosts ?? [hostname],
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
 * A check of the ticket page of each source. Only public addresses are asked.
 * @param tickets an id for those sources whose tickets the operator names
 */
export function ticketPageChecks(
  sources: Readonly<Record<string, TicketPages>>,
  tickets: Readonly<Record<string, string>>,
  agent: Agent = new RequestFilteringHttpsAgent(),
): readonly Check[] {
  return Object.entries(sources).map(([source, pages]) => ({
    name: `Ticket page of ${source}`,
    timeoutMs: 40_000,
    next: 'Open a ticket in a private window of a browser: it has to ask for a login.',
    run: () => checkTicketPage(pages, { agent, ticketId: tickets[source] }),
  }));
}

const knownErrors: Readonly<Record<string, readonly [finding: string, next: string]>> = {
  ENOTFOUND: ['there is no such host', 'See whether ticketUrl names the right one.'],
  EAI_AGAIN: ['its name could not be looked up', "See whether this machine's name service works."],
  ECONNREFUSED: ['nothing listens there for https', 'See whether the CRM runs, and on port 443.'],
  CERT_HAS_EXPIRED: ['its certificate has expired', 'Have it renewed: browsers refuse the page.'],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet', 'See the clocks, here and there.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for other hosts',
    'Have one made for this host, or set ticketUrl to the host it is for.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'its certificate is signed by itself',
    'Browsers refuse it where it was not installed: take one of a public authority.',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'its certificate is of an authority that is not public',
    'Browsers refuse it where that authority was not installed: take one of a public authority.',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'its certificate comes without the one that signed it',
    'Have the server send its whole chain: not all browsers fetch what is missing.',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'its certificate is of an authority that is not known here',
    'Take one of a public authority, or have the server send its whole chain.',
  ],
};

/** Why a page's host did not answer over https, by Node's code of the error. */
export function connectionFailure(code: string): CheckResult {
  if (code === 'private-address') {
    return unknown(
      'its address is not a public one: it is not asked from here',
      'Open a ticket in a private window of a browser in that network: it has to ask for a login.',
    );
  }
  if (code === 'timed-out') {
    return failed(
      'no answer in time',
      'See whether a browser on this machine gets one; a CRM that lets in certain networks only may not.',
    );
  }
  const [finding, next] = knownErrors[code] ?? [
    `no answer over https (${code})`,
    'See whether a browser on this machine gets one.',
  ];
  return failed(finding, next);
}

/** @throws Failure where a ticket is named of a source that there is not */
export function requireKnownSources(
  tickets: Readonly<Record<string, string>>,
  sources: Readonly<Record<string, unknown>>,
): void {
  const unknownSources = Object.keys(tickets).filter((source) => !Object.hasOwn(sources, source));
  if (unknownSources.length === 0) return;
  throw new Failure(
    `There is no source ${unknownSources.join(', ')}.`,
    `--ticket takes one of ${Object.keys(sources).join(', ')}.`,
  );
}

const allowFramingHint =
  'Let https://flex.twilio.com frame the page in the CRM, or set linkType to Referenced (docs/link-type.md).';

const manualFramingCheck =
  "Try it in Flex, in a supervisor's browser; if it shows nothing, set linkType to Referenced (docs/link-type.md).";

function reachability(page: FetchedPage): CheckResult {
  return page.end === 'no-answer' && !page.wasRedirected
    ? connectionFailure(page.code)
    : ok('answers over https');
}

/** Which `linkType` to configure, by the headers that a page gives to one who is not logged in. */
function evaluateFraming(fetched: PageResponse | PageError, linkType: Link['type']): CheckResult {
  const isFrameable = !('doubt' in fetched) && allowsFraming(fetched);
  if (linkType === 'Referenced') {
    if (isFrameable) {
      return ok('Referenced works; so does linkType Embedded: the page may be framed by Flex');
    }
    const reason = 'doubt' in fetched ? fetched.doubt : 'the page may not be framed by Flex';
    return ok(`Referenced is the linkType to configure: ${reason}`);
  }
  if ('doubt' in fetched) {
    return unknown(
      `whether the page may be framed cannot be seen: ${fetched.doubt}`,
      manualFramingCheck,
    );
  }
  if (isFrameable) return ok('Embedded works: the page may be framed by Flex');
  return fetched.wasRedirected
    ? warning(
        'the page that strangers are sent to may not be framed; the ticket’s own is not seen',
        manualFramingCheck,
      )
    : failed('Embedded does not work: the page may not be framed by Flex', allowFramingHint);
}
