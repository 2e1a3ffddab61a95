import type { Context } from 'hono';
import * as z from 'zod';
import { badRequest } from './twilio-errors.ts';

/** The body of a Twilio request: form-encoded. */
export const readForm = async (c: Context): Promise<URLSearchParams> =>
  new URLSearchParams(await c.req.text());

/**
 * Reads a request's parameters by a schema; those it does not know are ignored.
 * @throws TwilioError 400 that names each wrong parameter, and never its value.
 */
export const parseParameters = <Schema extends z.ZodType>(
  schema: Schema,
  parameters: URLSearchParams,
): z.output<Schema> => {
  const parsed = schema.safeParse(Object.fromEntries(parameters));
  if (parsed.success) return parsed.data;
  throw badRequest(
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  );
};

export const sidText = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be a SID that starts ${prefix}`);

/** A whole number, 0 or more; at most 2^31 - 1, as Twilio has it for a priority. */
export const numberText = (maximum = 2 ** 31 - 1) =>
  z
    .string()
    .regex(/^[0-9]{1,10}$/, 'must be a whole number')
    .transform(Number)
    .refine((number) => number <= maximum, `must be at most ${maximum}`);

const earliest = Date.UTC(1900);

/** A time in ISO 8601, not before 1900 and not in the future, as milliseconds since 1970. */
export const pastTimeText = (now: () => number) =>
  z.iso
    .datetime({ offset: true, error: 'must be a time in ISO 8601' })
    .transform((text) => Date.parse(text))
    .refine((time) => time >= earliest, 'must not be before 1900')
    .refine((time) => time <= now(), 'must not be in the future');

/**
 * A URL to send events to. One with a user name is refused: Twilio sends it as HTTP Basic, the twin
 * does not.
 */
export const webhookUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that starts https:// or http://' })
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'must not hold a user name');
