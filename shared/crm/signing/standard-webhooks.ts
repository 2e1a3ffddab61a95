import { createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { RawRequest } from '../../http/request.ts';
import type { HttpSource, SignatureCheck } from '../source.ts';
import { checkSignedTime, timingSafeEqualText } from './hmac.ts';

const idHeader = 'webhook-id';

const timestampHeader = 'webhook-timestamp';

const signatureHeader = 'webhook-signature';

/** The same limits as in the reference libraries. */
const window = { pastMs: 5 * 60_000, futureMs: 5 * 60_000 };

/** A version and base64. Several signatures are separated by single spaces. */
const signaturePattern = /^\w+,[A-Za-z0-9+/]+=*$/;

/** A sender has a few signatures during a rotation. For a key pair, each check hashes the whole body again. */
const maxSignatures = 10;

/** The specification's limits for a symmetric key. */
const keyBytes = { least: 24, most: 64 };

/** Keys from the tests of the reference libraries and from Svix's documentation, with and without the prefix. */
const publishedSecrets = [
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_51TKyHBy5KFY1Ab98GQ8V60BkWnejkWy',
  'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
].flatMap((secret) => [secret, secret.replace('whsec_', '')]);

/** A symmetric key signs `v1`. A public key verifies `v1a`. */
type Key = { version: 'v1'; key: Buffer } | { version: 'v1a'; key: KeyObject };

/** The members of a source that signs by Standard Webhooks. They are the same for any body. */
export const standardWebhooksSignature = {
  requiredHeaders: [idHeader, timestampHeader, signatureHeader],
  deliveryHeader: idHeader,
  publishedSecrets,
  secretProblem,
  authenticate: verifySignature,
} satisfies Partial<HttpSource>;

function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/**
 * `whsec_` and base64 of 24 to 64 bytes (the prefix may be left out, as in the reference libraries),
 * or `whpk_` and base64 of an Ed25519 public key.
 */
function parseKey(secret: string): Key | undefined {
  if (secret.startsWith('whpk_')) {
    const x = decodeBase64(secret.slice('whpk_'.length));
    if (x?.length !== 32) return undefined;
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') };
    // Stryker disable next-line StringLiteral: any version but v1 is verified as v1a.
    return { version: 'v1a', key: createPublicKey({ key: jwk, format: 'jwk' }) };
  }
  const key = decodeBase64(secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret);
  const fits = key !== undefined && key.length >= keyBytes.least && key.length <= keyBytes.most;
  return fits ? { version: 'v1', key } : undefined;
}

function secretProblem(secret: string): string | undefined {
  return parseKey(secret) === undefined
    ? 'is neither whsec_ and base64 of 24 to 64 bytes, nor whpk_ and base64 of an Ed25519 public key'
    : undefined;
}

/** Whether a signature of the content was made with the key. The HMAC is computed once for all signatures. */
function createVerifier({ version, key }: Key, content: Buffer): (signature: string) => boolean {
  if (version === 'v1') {
    const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    return (signature) => timingSafeEqualText(signature, expected);
  }
  return (signature) => {
    const bytes = signature.startsWith('v1a,')
      ? decodeBase64(signature.slice('v1a,'.length))
      : undefined;
    return bytes?.length === 64 && verify(null, content, key, bytes);
  };
}

/**
 * Checks that a request has a signature by Standard Webhooks 1.0, made with one of the secrets within
 * five minutes of `now` (milliseconds). This uses `node:crypto`, because the `standardwebhooks` package
 * checks only `v1`, reads the clock itself, and parses the body before it verifies.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function verifySignature(
  { headers, body }: RawRequest,
  secrets: readonly string[],
  now: number,
): SignatureCheck {
  const header = headers.get(signatureHeader);
  if (!header) return 'unsigned';
  // Stryker disable next-line StringLiteral: `requireHeaders` refuses a request without this header.
  const timestamp = headers.get(timestampHeader) ?? '';
  const signatures = header.split(' ');
  const isWellFormed =
    signatures.length <= maxSignatures &&
    signatures.every((signature) => signaturePattern.test(signature));
  if (!isWellFormed || !/^\d{1,12}$/.test(timestamp)) return 'malformed';
  // Stryker disable next-line StringLiteral: `requireHeaders` refuses a request without this header.
  const id = headers.get(idHeader) ?? '';
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const isSigned = secrets
    .map(parseKey)
    .some((key) => key !== undefined && signatures.some(createVerifier(key, content)));
  return isSigned ? checkSignedTime(Number(timestamp) * 1000, now, window) : 'signature';
}
