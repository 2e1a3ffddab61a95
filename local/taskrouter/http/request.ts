import type { Context } from 'hono';
import * as z from 'zod';
import { badRequest } from '../errors.ts';

/** The body of a request to Twilio, which is form-encoded. */
export async function readForm(c: Context): Promise<URLSearchParams> {
  return new URLSearchParams(await c.req.text());
}

/**
 * Parses the parameters of a request with a schema. Unknown parameters are ignored.
 * @throws TwilioError 400 that names each wrong parameter, never its value
 */
export function parseParameters<Schema extends z.ZodType>(
  schema: Schema,
  parameters: URLSearchParams,
): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(parameters));
  if (parsed.success) return parsed.data;
  throw badRequest(
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  );
}

export function sidSchema(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be a SID that starts with ${prefix}`);
}

/** A whole number from 0 to `maximum`, by default 2^31 - 1: Twilio's limit for a priority. */
export function numberSchema(maximum = 2 ** 31 - 1) {
  return z
    .string()
    .regex(/^[0-9]{1,10}$/, 'must be a whole number')
    .transform(Number)
    .refine((number) => number <= maximum, `must be at most ${maximum}`);
}

const earliestTime = Date.UTC(1900);

/** A time in ISO 8601, parsed to milliseconds since 1970. It must not be before 1900 or in the future. */
export function pastTimeSchema(now: () => number) {
  return z.iso
    .datetime({ offset: true, error: 'must be a time in ISO 8601' })
    .transform((text) => Date.parse(text))
    .refine((time) => time >= earliestTime, 'must not be before 1900')
    .refine((time) => time <= now(), 'must not be in the future');
}

/**
 * A URL that events are sent to. A URL with a user name is rejected: Twilio would send it as HTTP Basic
 * authentication, which the emulator does not support.
 */
export const webhookUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be a URL that starts with https:// or http://' })
  .refine(
    (url) => !URL.canParse(url) || new URL(url).username === '',
    'must not contain a user name',
  );

/** The ETag of a version: the number in quotes. The first is `"0"`. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Whether an If-Match header allows a write to this version. Without the header, and with `*`, every write is
 * allowed. The version may be in quotes, as in HTTP, or not, as in Twilio's examples.
 * Source: https://www.twilio.com/docs/usage/mutation-and-conflict-resolution
 */
export function matchesVersion(header: string | undefined, version: number): boolean {
  return (
    header === undefined ||
    header
      .split(',')
      .map((tag) => tag.trim())
      .some((tag) => tag === '*' || tag.replace(/^"(.*)"$/, '$1') === String(version))
  );
}
