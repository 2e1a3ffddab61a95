/** The headers of a page. */
export interface PageResponse {
  /** Every value of each header, by name in lower case. */
  headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** Whether a redirect led to the page. Without a login, such a page is probably a login page. */
  wasRedirected: boolean;
}

/**
 * Whether browsers show a page in a frame of Flex, from its headers. False if that is not sure.
 *
 * If a policy has `frame-ancestors`, this decides, and browsers ignore X-Frame-Options. Otherwise any value of
 * X-Frame-Options forbids frames. Without both, every site may frame the page. This counts only for the ticket's
 * own page, not after a redirect.
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
 * The origins of Flex in the browser of an agent. The page must allow all of them.
 * Source: https://www.twilio.com/docs/flex/admin-guide/setup/secure-iframe
 */
const flexOrigins: readonly string[] = ['https://flex.twilio.com'];

/**
 * The `frame-ancestors` source expressions in `content-security-policy` headers, one list for each policy that
 * has the directive. All of them must allow an origin.
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
 * A host source that can match an https origin on the default port. It has no path but `/`, because browsers
 * differ: Chrome compares the path, Firefox ignores it.
 */
const hostSource =
  /^(?:(?<scheme>https?):\/\/)?(?<host>\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(?<port>443|\*))?\/?$/;

/**
 * Whether a source expression of `frame-ancestors` matches an https origin on the default port. `'self'` is the
 * origin of the page itself, so it never matches. Unknown expressions do not match either.
 * Source: https://www.w3.org/TR/CSP3/#match-url-to-source-expression
 */
export function sourceMatches(expression: string, origin: string): boolean {
  const source = expression.toLowerCase();
  // A policy that allows http allows https too: https://www.w3.org/TR/CSP3/#match-schemes
  if (source === '*' || source === 'https:' || source === 'http:') return true;
  const { scheme, host, port } = hostSource.exec(source)?.groups ?? {};
  if (host === undefined) return false;
  // In Chrome, http with an explicit port does not match https.
  if (scheme === 'http' && port === '443') return false;
  return hostMatches(host, new URL(origin).hostname);
}

/** The sources of the first `frame-ancestors` in a policy. Undefined if it has none. */
function parseAncestors(policy: string): readonly string[] | undefined {
  const directive = policy
    .split(';')
    .map((text) => text.split(whitespace).filter((word) => word !== ''))
    .find(([name]) => name?.toLowerCase() === 'frame-ancestors');
  const sources = directive?.slice(1);
  // Browsers differ on a directive with other characters. It counts as one that allows nobody.
  return sources?.every((source) => visibleAscii.test(source)) === false ? [] : sources;
}

function hostMatches(pattern: string, hostname: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
}
