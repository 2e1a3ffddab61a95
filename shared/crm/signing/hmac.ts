import { createHmac, timingSafeEqual } from 'node:crypto';
import type * as z from 'zod';
import { parseJsonBody, type RawRequest } from '../../http/request.ts';

const signatureHeader = 'x-hub-signature';

/** Headers without which nothing can be authenticated. */
export const hubHeaders = [signatureHeader];

/**
 * How old a body may be, and how far ahead of our clock. Senders hold back for hours what they could
 * not deliver; a replay within the day does no harm, as a change that is applied again changes nothing
 * and an older one never overrides a newer one.
 */
const window = { pastMs: 24 * 60 * 60_000, futureMs: 5 * 60_000 };

/** What a sender hashes with. One for each kind of source: whoever forges must not choose. */
type HubMethod = 'sha1' | 'sha256';

/**
 * The value of `X-Hub-Signature`: `<method>=<lower-case hex>` of an HMAC over the body, keyed with the
 * text of the secret.
 * Source: https://www.w3.org/TR/websub/#signing-content
 */
export function hubSignature(method: HubMethod, secret: string, body: Buffer): string {
  return `${method}=${createHmac(method, secret).update(body).digest('hex')}`;
}

/**
 * Whether the body was signed with one of the secrets, and lately. The signature knows no time: the one
 * that the sender put into the signed body, read by `Moment` as milliseconds since 1970, bounds how long
 * a captured request is worth something. A body without one is let in here, to be told by name what it
 * lacks. `now` is in milliseconds.
 */
export function verifyHubSignature(
  method: HubMethod,
  Moment: z.ZodType<number>,
  { headers, body }: RawRequest,
  secrets: readonly string[],
  now: number,
): boolean {
  const signature = headers.get(signatureHeader) ?? '';
  if (
    !secrets.some((secret) => timingSafeEqualText(signature, hubSignature(method, secret, body)))
  ) {
    return false;
  }
  const age = now - (signedTime(body, Moment) ?? now);
  return age <= window.pastMs && age >= -window.futureMs;
}

/** Whether two texts are the same, in a time that does not tell how much of them is. */
export function timingSafeEqualText(one: string, other: string): boolean {
  const a = Buffer.from(one);
  const b = Buffer.from(other);
  return a.length === b.length && timingSafeEqual(a, b);
}

function signedTime(body: Buffer, Moment: z.ZodType<number>): number | undefined {
  try {
    return Moment.safeParse(parseJsonBody(body)).data;
  } catch {
    return undefined;
  }
}
