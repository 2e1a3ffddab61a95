/** What a page looks like to a script that reads its HTML: never more than a likelihood. */
export type PageAppearance =
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
export const isLoginUrl = ({ hostname, pathname }: URL): boolean =>
  loginUrl.test(`${hostname}${pathname}`.replaceAll('_', '-'));

/** What the beginning of an HTML page looks like. Pure. */
export const pageAppearance = (html: string): PageAppearance => {
  const metaRefresh = metaRefreshTag.exec(html)?.[0] ?? '';
  if (passwordField.test(html) || loginUrl.test(metaRefresh)) return 'login';
  const text = html.replaceAll(hiddenMarkup, ' ').replaceAll(tag, ' ').replaceAll(/\s+/g, ' ').trim();
  const hasWords = loginWords.test(text);
  if (hasWords) return text.length <= maxLoginTextLength ? 'login' : 'unclear';
  return text.length < minContentLength ? 'scripted' : 'content';
};
