import { createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod';
import {
  CallSid,
  ConversationSid,
  TaskSid,
  TicketId,
  Version,
} from '../../../shared/message/ticket-change.ts';
import { Unavailable } from '../failures.ts';
import { integerOrText } from '../integer-or-text.ts';
import { parsePayload as parse } from '../parse-payload.ts';
import { sameText } from '../same-text.ts';
import { millisecondsOf, Timestamp } from '../timestamp.ts';
import type { Source } from './source.ts';

const idHeader = 'webhook-id';
const timestampHeader = 'webhook-timestamp';
const signatureHeader = 'webhook-signature';

/** Both ways, as in the reference libraries. */
const toleranceMs = 5 * 60_000;

/** By these the specification bounds a symmetric key. */
const keyBytes = { least: 24, most: 64 };

/** A symmetric key signs `v1`, a public one verifies `v1a`. */
type Key =
  | { readonly version: 'v1'; readonly key: Buffer }
  | { readonly version: 'v1a'; readonly key: KeyObject };

const base64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};

/**
 * `whsec_` and base64 of 24 to 64 bytes (the prefix may be left out, as in the reference libraries),
 * or `whpk_` and base64 of an Ed25519 public key.
 */
const keyOf = (secret: string): Key => {
  if (secret.startsWith('whpk_')) {
    const x = base64(secret.slice('whpk_'.length));
    if (x?.length === 32) {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') };
      return { version: 'v1a', key: createPublicKey({ key: jwk, format: 'jwk' }) };
    }
  } else {
    const key = base64(secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret);
    if (key !== undefined && key.length >= keyBytes.least && key.length <= keyBytes.most) {
      return { version: 'v1', key };
    }
  }
  throw new Unavailable(
    'A signing secret is neither whsec_ and base64 of 24 to 64 bytes, ' +
      'nor whpk_ and base64 of an Ed25519 public key',
  );
};

/** Whether a signature was made over the content with a key; the HMAC is made once for them all. */
const checkerOf = ({ version, key }: Key, content: Buffer): ((signature: string) => boolean) => {
  if (version === 'v1') {
    const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    return (signature) => sameText(signature, expected);
  }
  return (signature) => {
    const bytes = signature.startsWith('v1a,') ? base64(signature.slice('v1a,'.length)) : undefined;
    return bytes?.length === 64 && verify(null, content, key, bytes);
  };
};

/**
 * How a sender takes an answer: 2xx is success, anything else is tried again for about three days; 410
 * would end the subscription, and 429, 502 and 504 ask it to slow down. So nothing is lost by a 401
 * during a rotation.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const statusOf = {
  accepted: 202,
  ignored: 200,
  malformed: 400,
  unauthenticated: 401,
  invalid: 422,
  unavailable: 503,
} as const;

/**
 * The published body. What `data` holds besides is the sender's own affair and left alone; `null`
 * says as much as a field that is absent.
 */
const TicketEvent = z.object({
  timestamp: Timestamp,
  data: z.object({
    id: integerOrText.pipe(TicketId),
    version: integerOrText.pipe(Version).nullish(),
    url: z.string().nullish(),
    title: z.string().nullish(),
    taskSid: TaskSid.nullish(),
    callSid: CallSid.nullish(),
    conversationSid: ConversationSid.nullish(),
  }),
});

const kindOf = new Map<string, 'present' | 'removed'>([
  ['ticket.created', 'present'],
  ['ticket.updated', 'present'],
  ['ticket.deleted', 'removed'],
]);

/**
 * Any sender that signs by Standard Webhooks 1.0 and sends our published body. Written with
 * `node:crypto`, because the `standardwebhooks` package checks `v1` alone, reads the clock itself and
 * turns the signed bytes into a string and into JSON before it is asked to.
 */
export const standardWebhooks: Source = {
  requiredHeaders: [idHeader, timestampHeader, signatureHeader],
  statusOf,
  retryAfterSeconds: 30,

  authenticate: ({ headers, body }, secrets, now) => {
    const keys = secrets.map(keyOf);
    const timestamp = headers.get(timestampHeader) ?? '';
    if (!/^\d{1,12}$/.test(timestamp)) return false;
    if (Math.abs(now - Number(timestamp) * 1000) > toleranceMs) return false;
    const content = Buffer.concat([
      Buffer.from(`${headers.get(idHeader) ?? ''}.${timestamp}.`),
      body,
    ]);
    const signatures = (headers.get(signatureHeader) ?? '').split(' ');
    return keys.some((key) => signatures.some(checkerOf(key, content)));
  },

  normalise: (payload) => {
    const { type } = parse(z.object({ type: z.string() }), payload);
    const kind = kindOf.get(type);
    if (kind === undefined) return [{ kind: 'ignored', reason: 'not a ticket event' }];
    const { timestamp, data } = parse(TicketEvent, payload);
    const occurredAt = millisecondsOf(timestamp);
    const { taskSid, callSid, conversationSid } = data;
    return [
      {
        kind,
        id: data.id,
        version: data.version ?? String(occurredAt),
        occurredAt,
        sids: {
          ...(taskSid && { taskSid }),
          ...(callSid && { callSid }),
          ...(conversationSid && { conversationSid }),
        },
        url: data.url ?? undefined,
        title: data.title ?? undefined,
      },
    ];
  },
};
