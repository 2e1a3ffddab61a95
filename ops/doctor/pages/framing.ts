/** A page as it answered. */
export interface PageResponse {
  /** Every value of each header, by name in lower case. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** Whether another address was asked first: nobody is logged in, so it is likely a login page. */
  readonly wasRedirected: boolean;
}

/**
 * Whether browsers show a page in a frame of Flex, by the page's own headers; no where it is in doubt.
 *
 * `frame-ancestors` decides where there is one, and X-Frame-Options is ignored then. Alone, any value
 * of that is a refusal. Without either everybody may frame the page: taken as a permission from the
 * ticket's page itself, not from another one that we were sent to.
 * Source: https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header
 */
export function allowsFraming({ headers, wasRedirected }: PageResponse): boolean {
  const policies = frameAncestors(headers['content-security-policy'] ?? []);
  if (policies.length === 0) return headers['x-frame-options'] === undefined && !wasRedirected;
  return flexOrigins.every((origin) =>
    policies.every((sources) => sources.some((source) => sourceMatches(source, origin))),
  );
}

/**
 * Where Flex runs in an agent's browser, as https origins on the default port. A page is shown in a
 * frame only where it allows all of them.
 * Source: https://www.twilio.com/docs/flex/admin-guide/setup/secure-iframe
 */
const flexOrigins: readonly string[] = ['https://flex.twilio.com'];

/**
 * Who may frame a page, by the values of its `content-security-policy` headers: one list of source
 * expressions for each policy that says so. All of them must allow.
 * Source: https://www.w3.org/TR/CSP3/#parse-serialized-policy
 */
export function frameAncestors(headerValues: readonly string[]): readonly (readonly string[])[] {
  return headerValues
    .flatMap((value) => value.split(','))
    .map(parseAncestors)
    .filter((sources) => sources !== undefined);
}

const whitespace = /[\t\n\f\r ]+/;

const visibleAscii = /^[\x21-\x7e]+$/;

/**
 * A host source that can stand for an https origin on the default port. A path other than `/` is not
 * in it, for browsers differ there: Chrome compares it with the origin's, Firefox ignores it.
 */
const hostSource =
  /^(?:(?<scheme>https?):\/\/)?(?<host>\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(?<port>443|\*))?\/?$/;

/**
 * Whether a source expression of `frame-ancestors` stands for an https origin on the default port.
 * `'self'` is the page's own origin and so never does, nor does anything that is not known.
 * Source: https://www.w3.org/TR/CSP3/#match-url-to-source-expression
 */
export function sourceMatches(expression: string, origin: string): boolean {
  const source = expression.toLowerCase();
  // A page that allows http allows https as well: https://www.w3.org/TR/CSP3/#match-schemes
  if (source === '*' || source === 'https:' || source === 'http:') return true;
  const { scheme, host, port } = hostSource.exec(source)?.groups ?? {};
  if (host === undefined) return false;
  // Chrome takes http for https only where the port can follow.
  if (scheme === 'http' && port === '443') return false;
  return hostMatches(host, new URL(origin).hostname);
}

/** The sources of a policy's first `frame-ancestors`; `undefined` where it has none. */
function parseAncestors(policy: string): readonly string[] | undefined {
  const directive = policy
    .split(';')
    .map((text) => text.split(whitespace).filter((word) => word !== ''))
    .find(([name]) => name?.toLowerCase() === 'frame-ancestors');
  const sources = directive?.slice(1);
  // Browsers drop a directive with other characters in it, each by a rule of its own: nobody is let in.
  return sources?.every((source) => visibleAscii.test(source)) === false ? [] : sources;
}

function hostMatches(pattern: string, hostname: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
}
