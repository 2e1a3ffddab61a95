/**
 * A host source that can stand for an https origin on the default port. A path other than `/` is not
 * in it, for browsers differ there: Chrome compares it with the origin's, Firefox ignores it.
 */
const hostSource =
  /^(?:(?<scheme>https?):\/\/)?(?<host>\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(?<port>443|\*))?\/?$/;

const hostMatches = (pattern: string, hostname: string): boolean =>
  pattern === '*' ||
  (pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern);

/**
 * Whether a source expression of `frame-ancestors` stands for an https origin on the default port.
 * `'self'` is the page's own origin and so never does, nor does anything that is not known.
 * Source: https://www.w3.org/TR/CSP3/#match-url-to-source-expression
 */
export const sourceMatches = (expression: string, origin: string): boolean => {
  const source = expression.toLowerCase();
  // A page that allows http allows https as well: https://www.w3.org/TR/CSP3/#match-schemes
  if (source === '*' || source === 'https:' || source === 'http:') return true;
  const { scheme, host, port } = hostSource.exec(source)?.groups ?? {};
  if (host === undefined) return false;
  // Chrome takes http for https only where the port can follow.
  if (scheme === 'http' && port === '443') return false;
  return hostMatches(host, new URL(origin).hostname);
};
