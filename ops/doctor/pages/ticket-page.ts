import type { Agent } from 'node:https';
import type { TicketPages } from '../../deployment/deployment.ts';
import { ok, type Observation, type CheckResult } from '../finding.ts';
import { fetchPageHeaders } from '../framing/fetch-page.ts';
import { connectionFailure } from './connection-problem.ts';
import { evaluateFraming } from './judge-framing.ts';
import { evaluateLogin } from './judge-login.ts';
import { type FetchedPage, fetchTicketPage } from './visit-page.ts';

export interface TicketPageOptions {
  /** A ticket of the CRM's, where the operator names one. */
  readonly ticketId?: string | undefined;
  readonly agent: Agent;
  readonly timeoutMs?: number;
}

/** Digits, as most CRMs have them. It is no secret, and most likely nobody's. */
const placeholderId = '999999999';

const reachability = (page: FetchedPage): CheckResult =>
  page.end === 'no-answer' && !page.wasRedirected
    ? connectionFailure(page.code)
    : ok('answers over https');

/**
 * The page of a source's ticket as one sees it who is not logged in, and whether Flex may frame it. Nothing
 * of the page is told, or kept.
 */
export const checkTicketPage = async (
  { ticketUrl, linkType, allowedHosts }: TicketPages,
  { ticketId, agent, timeoutMs = 15_000 }: TicketPageOptions,
): Promise<readonly Observation[]> => {
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
};
