import { type CheckResult, failed, ok, unknown, warning } from '../check.ts';
import type { FetchedPage } from './fetch-page.ts';

/** The requested ticket. */
interface RequestedTicket {
  id: string;
  /** Whether the operator gave the id. If not, the id is invented. */
  isReal: boolean;
}

export const manualLoginCheck =
  'Open a ticket in a private browser window: it must ask for a login.';

/**
 * Twilio requires that conversations with custom media "are not accessible without authorization", because they may
 * contain PHI.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
const requireLogin =
  'Require a login for tickets in the CRM, then run doctor again. ' +
  'Twilio requires this of HIPAA customers, because the link is stored in Flex Insights.';

/**
 * Evaluates whether a ticket page needs a login, from a response without one. Pure. Every result is a
 * heuristic: only a person with a browser can be sure.
 */
export function evaluateLogin(page: FetchedPage, ticket: RequestedTicket): CheckResult {
  if (page.end === 'not-allowed') {
    return warning(
      'redirects to a URL without https',
      'Configure the CRM to redirect to https only, then run doctor again.',
    );
  }
  if (page.end === 'too-many-redirects') return unknown('redirects too often', manualLoginCheck);
  if (page.end === 'no-response') return unknown('there was no response', manualLoginCheck);

  const { status } = page;
  if (status === 401 || status === 403) return ok(`answers ${status} without a login`);
  if (status === 404 || status === 410) {
    return ticket.isReal
      ? ok(`answers ${status} without a login, as if the ticket did not exist`)
      : unknown(
          `answers ${status}, which proves nothing: the ticket id is made up`,
          'Give the id of an existing ticket: --ticket <source>=<id>.',
        );
  }
  if (status === 200) return evaluatePage(page, ticket);
  return unknown(`answers ${status}, which proves nothing`, manualLoginCheck);
}

/** The appearance of a page, guessed from its HTML. */
type PageAppearance =
  /** It asks for a login. */
  | 'login'
  /** It has words of a login and much other text: a page with a login link, or a long login page. */
  | 'unclear'
  /** It has hardly any text: scripts create the page, or redirect. */
  | 'scripted'
  /** It has text, and no sign of a login. */
  | 'content';

/** In characters. A ticket page has more text, a page that only loads scripts has less. */
const minContentLength = 80;

/** In characters. A login page has little more text than its form. */
const maxLoginTextLength = 1500;

const hiddenMarkup =
  /<(script|style|template|noscript|svg)\b[\s\S]*?(<\/\1\s*>|$)|<!--[\s\S]*?(-->|$)/gi;

const tag = /<[^>]*>/g;

const passwordField = /<input\b[^>]*\btype\s*=\s*["']?password\b/i;

const metaRefreshTag = /<meta\b[^>]*http-equiv\s*=\s*["']?refresh\b[^>]*>/i;

const loginWords =
  /\b(log[ -]?(in|on)|sign(ing)?[ -]?in|single[ -]sign[ -]?on|sso|saml|password|anmelden|passwort|connexion|mot de passe|iniciar sesi[oó]n|contrase[nñ]a|accedi|inloggen)\b/i;

const loginUrl = /\b(log-?in|log-?on|sign-?in|sso|saml2?|oauth2?|oidc|auth|authorize|idp)\b/i;

/** Whether host or path have a typical name of a login page. */
export function isLoginUrl({ hostname, pathname }: URL): boolean {
  return loginUrl.test(`${hostname}${pathname}`.replaceAll('_', '-'));
}

/** Classifies the start of an HTML page. Pure. */
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

/** Whether the response may be the ticket at another URL: the URL still contains its id. */
function isPageOfTicket({ href }: URL, { id }: RequestedTicket): boolean {
  return href.includes(encodeURIComponent(id));
}

function evaluatePage(
  page: Extract<FetchedPage, { end: 'response' }>,
  ticket: RequestedTicket,
): CheckResult {
  const { address, isHtml, wasRedirected, body } = page;
  const appearance = isHtml ? pageAppearance(body) : 'content';
  const isElsewhere = wasRedirected && !isPageOfTicket(address, ticket);
  if (appearance === 'login' || (wasRedirected && isLoginUrl(address))) {
    return ok(
      wasRedirected
        ? `redirects to what looks like a login, on ${address.hostname}`
        : 'shows what looks like a login',
    );
  }
  if (isElsewhere) return ok(`redirects to another page, on ${address.hostname}`);
  if (appearance === 'scripted') {
    return unknown(
      'scripts create the page: whether they ask for a login is unknown',
      manualLoginCheck,
    );
  }
  if (appearance === 'unclear') {
    return warning(
      'shows words of a login and much other text: it may be a login page or the ticket',
      manualLoginCheck,
    );
  }
  return failed(
    ticket.isReal
      ? 'the page answered 200 without a login: anybody with the link can read the ticket'
      : 'the page answered 200 without a login for a made-up ticket id',
    requireLogin,
  );
}
