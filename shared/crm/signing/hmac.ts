import { createHmac, timingSafeEqual } from 'node:crypto';
import type * as z from 'zod';
import type { RejectionReason } from '../../http/errors.ts';
import { parseJsonBody, type RawRequest } from '../../http/request.ts';
import type { SignatureCheck } from '../source.ts';

const signatureHeader = 'x-hub-signature';

/** Headers that authentication needs. */
export const hubHeaders = [signatureHeader];

/**
 * How old a body may be, and how far ahead of our clock. Senders retry for hours. A replay within the day does no
 * harm: a change that is applied again changes nothing, and an older change never overrides a newer one.
 */
const window = { pastMs: 24 * 60 * 60_000, futureMs: 5 * 60_000 };

/** The hash function of a sender. Each kind of source has one, because an attacker must not choose it. */
type HubMethod = 'sha1' | 'sha256';

const hubSignaturePattern = { sha1: /^sha1=[0-9a-f]{40}$/, sha256: /^sha256=[0-9a-f]{64}$/ };

/**
 * The value of `X-Hub-Signature`: `<method>=<lower-case hex>` of an HMAC over the body. The key is the
 * secret's text.
 * Source: https://www.w3.org/TR/websub/#signing-content
 */
function hubSignature(method: HubMethod, secret: string, body: Buffer): string {
  return `${method}=${createHmac(method, secret).update(body).digest('hex')}`;
}

/**
 * Checks that one of the secrets signed the body, and recently. The signature has no time, so the time in the
 * signed body limits replays. A body without a time is valid here, so that the source can name the missing field.
 * @param Moment parses the payload to milliseconds since 1970
 * @param now milliseconds since 1970
 */
export function verifyHubSignature(
  method: HubMethod,
  Moment: z.ZodType<number>,
  { headers, body }: RawRequest,
  secrets: readonly string[],
  now: number,
): SignatureCheck {
  const signature = headers.get(signatureHeader);
  if (!signature) return 'unsigned';
  if (!hubSignaturePattern[method].test(signature)) return 'malformed';
  const isSigned = secrets.some((secret) =>
    timingSafeEqualText(signature, hubSignature(method, secret, body)),
  );
  if (!isSigned) return 'signature';
  return checkSignedTime(signedTime(body, Moment) ?? now, now, window);
}

/** An HMAC-SHA256 in base64. */
export const base64Sha256 = /^[A-Za-z0-9+/]{43}=$/;

/** Whether two texts are equal. The duration does not show how many characters are equal. */
export function timingSafeEqualText(one: string, other: string): boolean {
  const a = Buffer.from(one);
  const b = Buffer.from(other);
  return a.length === b.length && timingSafeEqual(a, b);
}

function signedTime(body: Buffer, Moment: z.ZodType<number>): number | undefined {
  try {
    return Moment.safeParse(parseJsonBody(body)).data;
  } catch {
    // The source names what is wrong with the body.
  }
  return undefined;
}

/** How old a signature may be, and how far ahead of our clock, in milliseconds. */
interface TimeWindow {
  pastMs: number;
  futureMs: number;
}

/**
 * Whether a signed time is recent. Check the signature first, because anybody can write a time.
 * @param signedAt milliseconds since 1970
 * @param now milliseconds since 1970
 */
export function checkSignedTime(
  signedAt: number,
  now: number,
  { pastMs, futureMs }: TimeWindow,
): 'valid' | Extract<RejectionReason, 'stale' | 'future'> {
  if (now - signedAt > pastMs) return 'stale';
  return signedAt - now > futureMs ? 'future' : 'valid';
}
