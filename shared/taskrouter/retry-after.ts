/** The longest wait we let Twilio ask for: that of our own retry table. */
const maxMs = 3_600_000;

/**
 * What a `Retry-After` header asks for, in milliseconds from `now`: seconds or an HTTP date, an hour
 * at most. Undefined when there is none, or none that can be read.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export const retryAfterMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : parseHttpDate(header) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), maxMs);
};

/** `Date.parse` alone would read nearly anything as some date. */
const parseHttpDate = (text: string): number =>
  text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
