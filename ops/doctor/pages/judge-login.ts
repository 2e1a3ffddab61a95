import { bad, ok, unknown, type Verdict, warning } from '../finding.ts';
import { isLoginAddress, pageLook } from './page-look.ts';
import type { Visit } from './visit-page.ts';

/** The ticket that was asked for. */
export interface AskedTicket {
  readonly id: string;
  /** Whether it is one of the CRM's, as the operator says; made up otherwise. */
  readonly isReal: boolean;
}

const byHand = 'Open a ticket in a private window of a browser: it has to ask for a login.';

const htmlType = /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i;

/**
 * Twilio requires of its customers that conversations with custom media "are not accessible without
 * authorization", as they may hold PHI.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
const demand =
  'Require a login for tickets in the CRM, then run doctor again and open one in a private window. ' +
  'Twilio demands it of HIPAA customers, and the link lies in Flex Insights.';

/** Whether the answer may be the ticket's, at another address of it: its id is still named there. */
const mayBeTheTicket = ({ href }: URL, { id }: AskedTicket): boolean =>
  href.includes(encodeURIComponent(id));

const judgePage = (visit: Extract<Visit, { end: 'answer' }>, ticket: AskedTicket): Verdict => {
  const { address, contentType, wasRedirected, body } = visit;
  const isHtml = htmlType.test(contentType);
  const look = isHtml ? pageLook(body) : 'content';
  const isElsewhere = wasRedirected && !mayBeTheTicket(address, ticket);
  if (look === 'login' || (wasRedirected && isLoginAddress(address))) {
    return ok(
      wasRedirected
        ? `strangers are sent to what looks like a login, on ${address.hostname}`
        : 'strangers are shown what looks like a login',
    );
  }
  if (isElsewhere) return ok(`strangers are sent to another page, on ${address.hostname}`);
  if (look === 'scripted') {
    return unknown(
      'its page is made by scripts, and whether they ask for a login cannot be seen from here',
      byHand,
    );
  }
  if (look === 'unclear') {
    return warning(
      'it shows strangers words of a login, and much else besides: one of the two is the page',
      byHand,
    );
  }
  return bad(
    ticket.isReal
      ? 'it looks as if anybody who has the link can read the ticket: no login was asked for'
      : 'no login was asked for: anybody gets a page there. The ticket was a made-up one',
    demand,
  );
};

/**
 * Whether a ticket's page looks as if a login were needed for it, by what one who is not logged in gets.
 * Pure. `ok` is a likelihood too: only a person in front of a browser sees what a stranger sees.
 */
export const judgeLogin = (visit: Visit, ticket: AskedTicket): Verdict => {
  if (visit.end === 'left-https') {
    return warning(
      'strangers are sent on without https',
      'Have the CRM send browsers to https only, and run doctor again.',
    );
  }
  if (visit.end === 'too-many-redirects') {
    return unknown('strangers are sent from page to page without end', byHand);
  }
  if (visit.end === 'no-answer') return unknown('not known: there was no answer', byHand);

  const { status } = visit;
  if (status === 401 || status === 403) return ok(`strangers are turned away (${status})`);
  if (status === 404 || status === 410) {
    return ticket.isReal
      ? ok(`strangers are told that there is no such ticket (${status})`)
      : unknown(
          `not known: the ticket that was asked for is made up, and there is none (${status})`,
          'Name one of the CRM: --ticket <source>=<id>.',
        );
  }
  if (status === 200) return judgePage(visit, ticket);
  return unknown(`not known: the answer was ${status}`, byHand);
};
