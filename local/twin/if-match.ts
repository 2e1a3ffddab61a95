/** The ETag of a version: a quoted number, `"0"` at first. */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * Whether an If-Match header lets a write to this version through. No header, and `*`, always do. A
 * version may stand in quotes, as HTTP has it, or bare, as in Twilio's own examples.
 * Source: https://www.twilio.com/docs/usage/mutation-and-conflict-resolution
 */
export const ifMatch = (header: string | undefined, version: number): boolean =>
  header === undefined ||
  header
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag.replace(/^"(.*)"$/, '$1') === String(version));
