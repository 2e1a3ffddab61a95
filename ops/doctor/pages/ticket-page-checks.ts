import type { Agent } from 'node:https';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import type { TicketPages } from '../../deployment/deployment.ts';
import type { Check } from '../run-checks.ts';
import { checkTicketPage } from './ticket-page.ts';

/**
 * A check of the ticket page of each source. Only public addresses are asked.
 * @param tickets an id for those sources whose tickets the operator names
 */
export const ticketPageChecks = (
  sources: Readonly<Record<string, TicketPages>>,
  tickets: Readonly<Record<string, string>>,
  agent: Agent = new RequestFilteringHttpsAgent(),
): readonly Check[] =>
  Object.entries(sources).map(([source, pages]) => ({
    name: `Ticket page of ${source}`,
    timeoutMs: 40_000,
    next: 'Open a ticket in a private window of a browser: it has to ask for a login.',
    run: () => checkTicketPage(pages, { agent, ticketId: tickets[source] }),
  }));
