import { type CheckResult, failed, ok, unknown, warning } from '../check.ts';
import type { FetchedPage } from './fetch-ticket-page.ts';

/** The ticket that was asked for. */
interface RequestedTicket {
  readonly id: string;
  /** Whether it is one of the CRM's, as the operator says; made up otherwise. */
  readonly isReal: boolean;
}

const manualLoginCheck =
  'Open a ticket in a private window of a browser: it has to ask for a login.';

const htmlType = /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i;

/**
 * Twilio requires of its customers that conversations with custom media "are not accessible without
 * authorization", as they may hold PHI.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
const requireLogin =
  'Require a login for tickets in the CRM, then run doctor again and open one in a private window. ' +
  'Twilio demands it of HIPAA customers, and the link lies in Flex Insights.';

/**
 * Whether a ticket's page looks as if a login were needed for it, by what one who is not logged in gets.
 * Pure. `ok` is a likelihood too: only a person in front of a browser sees what a stranger sees.
 */
export function evaluateLogin(page: FetchedPage, ticket: RequestedTicket): CheckResult {
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
}

/** What a page looks like to a script that reads its HTML: never more than a likelihood. */
type PageAppearance =
  /** It asks for a login, as far as can be seen. */
  | 'login'
  /** It has words of a login, and much else: a page with a login in a corner, or a login page that talks. */
  | 'unclear'
  /** Hardly any text: scripts make the page, or send the browser on. */
  | 'scripted'
  /** It has text, and no sign of a login. */
  | 'content';

/** A page of a ticket has more text than this, a page that only loads scripts has less. */
const minContentLength = 80;

/** A login page has little more than its form to say. */
const maxLoginTextLength = 1500;

const hiddenMarkup =
  /<(script|style|template|noscript|svg)\b[\s\S]*?(<\/\1\s*>|$)|<!--[\s\S]*?(-->|$)/gi;

const tag = /<[^>]*>/g;

const passwordField = /<input\b[^>]*\btype\s*=\s*["']?password\b/i;

const metaRefreshTag = /<meta\b[^>]*http-equiv\s*=\s*["']?refresh\b[^>]*>/i;

const loginWords =
  /\b(log[ -]?(in|on)|sign(ing)?[ -]?in|single[ -]sign[ -]?on|sso|saml|password|anmelden|passwort|connexion|mot de passe|iniciar sesi[oó]n|contrase[nñ]a|accedi|inloggen)\b/i;

const loginUrl = /\b(log-?in|log-?on|sign-?in|sso|saml2?|oauth2?|oidc|auth|authorize|idp)\b/i;

/** Whether a host or a path is named as those of login pages are. */
export function isLoginUrl({ hostname, pathname }: URL): boolean {
  return loginUrl.test(`${hostname}${pathname}`.replaceAll('_', '-'));
}

/** What the beginning of an HTML page looks like. Pure. */
export function pageAppearance(html: string): PageAppearance {
  const metaRefresh = metaRefreshTag.exec(html)?.[0] ?? '';
  if (passwordField.test(html) || loginUrl.test(metaRefresh)) return 'login';
  const text = html
    .replaceAll(hiddenMarkup, ' ')
    .replaceAll(tag, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const hasWords = loginWords.test(text);
  if (hasWords) return text.length <= maxLoginTextLength ? 'login' : 'unclear';
  return text.length < minContentLength ? 'scripted' : 'content';
}

/** Whether the answer may be the ticket's, at another address of it: its id is still named there. */
function isPageOfTicket({ href }: URL, { id }: RequestedTicket): boolean {
  return href.includes(encodeURIComponent(id));
}

function evaluatePage(
  page: Extract<FetchedPage, { end: 'answer' }>,
  ticket: RequestedTicket,
): CheckResult {
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
}
