import { flexOrigins } from './flex-origins.ts';
import { frameAncestors } from './frame-ancestors.ts';
import { sourceMatches } from './source-matches.ts';

/** A page as it answered. */
export interface Page {
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
export const mayBeFramed = ({ headers, wasRedirected }: Page): boolean => {
  const policies = frameAncestors(headers['content-security-policy'] ?? []);
  if (policies.length === 0) return headers['x-frame-options'] === undefined && !wasRedirected;
  return flexOrigins.every((origin) =>
    policies.every((sources) => sources.some((source) => sourceMatches(source, origin))),
  );
};
