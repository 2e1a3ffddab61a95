import { failed, ok, unknown, type CheckResult, warning } from '../finding.ts';
import { isLoginUrl, pageAppearance } from './page-look.ts';
import type { FetchedPage } from './visit-page.ts';

/** The ticket that was asked for. */
export interface RequestedTicket {
  readonly id: string;
  /** Whether it is one of the CRM's, as the operator says; made up otherwise. */
  readonly isReal: boolean;
}

const manualLoginCheck = 'Open a ticket in a private window of a browser: it has to ask for a login.';

const htmlType = /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i;

/**
 * Twilio requires of its customers that conversations with custom media "are not accessible without
 * authorization", as they may hold PHI.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
const requireLogin =
  'Require a login for tickets in the CRM, then run doctor again and open one in a private window. ' +
  'Twilio demands it of HIPAA customers, and the link lies in Flex Insights.';

/** Whether the answer may be the ticket's, at another address of it: its id is still named there. */
const isPageOfTicket = ({ href }: URL, { id }: RequestedTicket): boolean =>
  href.includes(encodeURIComponent(id));

const evaluatePage = (page: Extract<FetchedPage, { end: 'answer' }>, ticket: RequestedTicket): CheckResult => {
  const { address, contentType, wasRedirected, body } = page;
  const isHtml = htmlType.test(contentType);
  const appearance = isHtml ? pageAppearance(body) : 'content';
  const isElsewhere = wasRedirected && !isPageOfTicket(address, ticket);
  if (appearance === 'login' || (wasRedirected && isLoginUrl(address))) {
    return ok(
      wasRedirected
        ? `strangers are sent to what looks like a login, on ${address.hostname}`
        : 'strangers are shown what looks like a login',
    );
  }
  if (isElsewhere) return ok(`strangers are sent to another page, on ${address.hostname}`);
  if (appearance === 'scripted') {
    return unknown(
      'its page is made by scripts, and whether they ask for a login cannot be seen from here',
      manualLoginCheck,
    );
  }
  if (appearance === 'unclear') {
    return warning(
      'it shows strangers words of a login, and much else besides: one of the two is the page',
      manualLoginCheck,
    );
  }
  return failed(
    ticket.isReal
      ? 'it looks as if anybody who has the link can read the ticket: no login was asked for'
      : 'no login was asked for: anybody gets a page there. The ticket was a made-up one',
    requireLogin,
  );
};

/**
 * Whether a ticket's page looks as if a login were needed for it, by what one who is not logged in gets.
 * Pure. `ok` is a likelihood too: only a person in front of a browser sees what a stranger sees.
 */
export const evaluateLogin = (page: FetchedPage, ticket: RequestedTicket): CheckResult => {
  if (page.end === 'left-https') {
    return warning(
      'strangers are sent on without https',
      'Have the CRM send browsers to https only, and run doctor again.',
    );
  }
  if (page.end === 'too-many-redirects') {
    return unknown('strangers are sent from page to page without end', manualLoginCheck);
  }
  if (page.end === 'no-answer') return unknown('not known: there was no answer', manualLoginCheck);

  const { status } = page;
  if (status === 401 || status === 403) return ok(`strangers are turned away (${status})`);
  if (status === 404 || status === 410) {
    return ticket.isReal
      ? ok(`strangers are told that there is no such ticket (${status})`)
      : unknown(
          `not known: the ticket that was asked for is made up, and there is none (${status})`,
          'Name one of the CRM: --ticket <source>=<id>.',
        );
  }
  if (status === 200) return evaluatePage(page, ticket);
  return unknown(`not known: the answer was ${status}`, manualLoginCheck);
};
