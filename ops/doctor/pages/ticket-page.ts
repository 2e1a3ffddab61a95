import type { Agent } from 'node:https';
import type { TicketPages } from '../../deployment/deployment.ts';
import { ok, type Told, type Verdict } from '../finding.ts';
import { fetchPage } from '../framing/fetch-page.ts';
import { connectionProblem } from './connection-problem.ts';
import { judgeFraming } from './judge-framing.ts';
import { judgeLogin } from './judge-login.ts';
import { type Visit, visitPage } from './visit-page.ts';

export interface TicketPageOptions {
  /** A ticket of the CRM's, where the operator names one. */
  readonly ticketId?: string | undefined;
  readonly agent: Agent;
  readonly timeoutMs?: number;
}

/** Digits, as most CRMs have them. It is no secret, and most likely nobody's. */
const madeUpId = '999999999';

const reached = (visit: Visit): Verdict =>
  visit.end === 'no-answer' && !visit.wasRedirected
    ? connectionProblem(visit.code)
    : ok('answers over https');

/**
 * The page of a source's ticket as one sees it who is not logged in, and whether Flex may frame it. Nothing
 * of the page is told, or kept.
 */
export const ticketPage = async (
  { ticketUrl, linkType, allowedHosts }: TicketPages,
  { ticketId, agent, timeoutMs = 15_000 }: TicketPageOptions,
): Promise<readonly Told[]> => {
  const ticket = { id: ticketId ?? madeUpId, isReal: ticketId !== undefined };
  const url = ticketUrl.replace('{id}', encodeURIComponent(ticket.id));
  const { hostname } = new URL(url);
  const visit = await visitPage(url, { agent, timeoutMs });
  const reachable: Told = { about: hostname, ...reached(visit) };
  if (reachable.state !== 'ok') return [reachable];

  const answer = await fetchPage(url, {
    allowedHosts: allowedHosts ?? [hostname],
    agent,
    timeoutMs,
  });
  return [
    reachable,
    { about: 'login', ...judgeLogin(visit, ticket) },
    { about: 'framing', ...judgeFraming(answer, linkType) },
  ];
};
