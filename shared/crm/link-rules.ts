/** In UTF-16 units, as Twilio counts. */
const maxLength = 100;

/**
 * Characters that a title must not have: controls, line and paragraph separators, those that change the
 * direction of writing (they can make a title look like another), and code points that are not characters
 * (SQS rejects a message with U+FFFE or U+FFFF in it).
 */
const unwanted = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}]+/gu;

/** A title of at most 100 characters on one line; empty if nothing is left of it. */
export function cleanTitle(title: string): string {
  return (
    title
      .toWellFormed()
      .replace(unwanted, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, maxLength)
      // The cut may be within a surrogate pair.
      .replace(/[\ud800-\udbff]$/, '')
      .trimEnd()
  );
}

/**
 * The URL in a text (relative to `base`, if given), if we may link to it and request it: https on the
 * default port of one of the hosts, without user name and password.
 */
export function allowedUrl(text: string, hosts: readonly string[], base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href);
  return url?.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    hosts.includes(url.hostname)
    ? url
    : undefined;
}
