import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { type SignatureCheck, secretProblem } from '../../../shared/crm/source.ts';
import { zendeskSignature } from '../../../shared/crm/sources/zendesk.ts';
import { standardHeaders, zendeskHeaders } from '../../crm-change/webhook.ts';
import { anyCharacter } from '../../property-runs.ts';
import { httpSources } from './sources.ts';

const now = Date.parse('2026-11-23T09:30:00Z');
const minute = 60_000;
const day = 24 * 60 * minute;

const caseOf = (kind: string) => {
  const found = httpSources.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`${kind} is not an HTTP source`);
  return found;
};

interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly pathToken?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const ownUrl = (kind: string) => `https://api.example.com/webhooks/${kind}`;

/** What a source says of a request. */
const check = (
  kind: string,
  { method = 'POST', url = ownUrl(kind), pathToken, headers = {}, body = '[]' }: Sent,
  secrets: readonly string[],
  at = now,
  settings: object = {},
): SignatureCheck =>
  caseOf(kind).source.authenticate(
    { method, url, pathToken, headers: new Map(Object.entries(headers)), body: Buffer.from(body) },
    secrets,
    at,
    { ...caseOf(kind).config, ...settings },
  );

/** A request that the stand-in of the CRM signed. */
const signed = (kind: string, secret: string, at = now): Sent & { url: string; body: Buffer } => {
  const { crm } = caseOf(kind);
  const body = readPayload(kind, crm.story.steps[0]?.file ?? '');
  const sent = crm.updateTimestamp?.(body, at) ?? body;
  return { ...crm.sign({ body: sent, secret, url: ownUrl(kind), now: at }), body: sent };
};

/** HubSpot's signature by its description, over the URL as it is given. */
const hubspotSigned = (secret: string, changes: Sent & { timestamp?: string } = {}): Sent => {
  const { timestamp = String(now), method = 'POST', url = ownUrl('hubspot') } = changes;
  const signature = createHmac('sha256', secret)
    .update(`${method}${url}${changes.body ?? '[]'}${timestamp}`)
    .digest('base64');
  const headers = { 'x-hubspot-request-timestamp': timestamp, 'x-hubspot-signature-v3': signature };
  return { method, url, headers, body: changes.body ?? '[]' };
};

interface PublishedVector {
  readonly id: string;
  readonly scheme: string;
  readonly secret: string;
  readonly url?: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly valid: boolean;
}

const publishedVectors: readonly PublishedVector[] = JSON.parse(
  readFileSync(new URL('signature-vectors.json', import.meta.url), 'utf8'),
);
const vectors = publishedVectors
  .filter(({ scheme }) => scheme !== 'zendesk')
  .map(({ id, scheme, secret, headers, valid, ...sent }) => {
    const seconds = Number(headers['webhook-timestamp'] ?? now / 1000);
    const at = Number(headers['x-hubspot-request-timestamp'] ?? seconds * 1000);
    const kind = scheme.replace(/-v1a?$/, '');
    return { id, kind, secret, at, sent: { ...sent, headers }, valid };
  });

describe('a published signature', () => {
  const other = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

  it.each(vectors)('of $kind is valid: $valid, $id', ({ kind, secret, at, sent, valid }) => {
    expect(check(kind, sent, [secret], at) === 'valid').toBe(valid);
    expect(check(kind, sent, [other, secret], at) === 'valid').toBe(valid);
    if (!valid) return;
    expect(check(kind, sent, [other], at)).toBe('signature');
    expect(check(kind, sent, [], at)).toBe('signature');
    expect(check(kind, { ...sent, body: `${sent.body}\n` }, [secret], at)).toBe('signature');
  });

  it.each(publishedVectors.filter(({ scheme }) => scheme === 'zendesk'))(
    'of Zendesk has the same HMAC: $id',
    ({ secret, headers, body, valid }) => {
      // Its timestamp is a number, and real ones are in ISO 8601: only the HMAC is compared.
      const timestamp = headers['x-zendesk-webhook-signature-timestamp'] ?? '';
      const signature = zendeskSignature(secret, timestamp, Buffer.from(body));
      expect(signature === headers['x-zendesk-webhook-signature']).toBe(valid);
    },
  );
});

const base64 = /^[A-Za-z0-9+/]{43}=$/;
const versioned = /^\w+,[A-Za-z0-9+/]+=*$/;

describe.each([
  { kind: 'hubspot', past: 5 * minute, header: 'x-hubspot-signature-v3', form: base64 },
  { kind: 'intercom', past: day, header: 'x-hub-signature', form: /^sha1=[0-9a-f]{40}$/ },
  { kind: 'jira', past: day, header: 'x-hub-signature', form: /^sha256=[0-9a-f]{64}$/ },
  { kind: 'servicenow', past: 5 * minute, header: 'webhook-signature', form: versioned },
  { kind: 'standard-webhooks', past: 5 * minute, header: 'webhook-signature', form: versioned },
  { kind: 'zendesk', past: 60 * minute, header: 'x-zendesk-webhook-signature', form: base64 },
])('a signature of $kind', ({ kind, past, header, form }) => {
  const secret = caseOf(kind).crm.newSecret();

  it(`is stale after ${past / minute} minutes, of the future five before its time, if it is genuine`, () => {
    const at = (offset: number) => check(kind, signed(kind, secret, now + offset), [secret]);
    expect([at(-past), at(5 * minute)]).toEqual(['valid', 'valid']);
    expect([at(-past - 1000), at(5 * minute + 1000)]).toEqual(['stale', 'future']);
    const forged = { ...signed(kind, caseOf(kind).crm.newSecret(), now - past - 1000) };
    expect(check(kind, forged, [secret])).toBe('signature');
  });

  it('is valid only in the form in which it was sent', () => {
    const sent = signed(kind, secret);
    const right = sent.headers?.[header] ?? '';
    const encoded = right.replace(/^(v1,|sha\d+=)/, '');
    const bytes = Buffer.from(encoded, /^[0-9a-f]+$/.test(encoded) ? 'hex' : 'base64');
    const other = kind === 'jira' ? 'sha1' : 'sha256';
    const texts = [
      ...[right.slice(0, -1), ` ${right}`, `${right} `, `${right}, ${right}`, `${right},${right}`],
      ...[right.toUpperCase(), right.toLowerCase(), right.replace('=', ':'), `${other}=${encoded}`],
      ...(['hex', 'base64', 'base64url'] as const).flatMap((encoding) => {
        const text = bytes.toString(encoding);
        return [text, right.replace(encoded, text)];
      }),
      `sha1=${createHmac('sha1', secret).update(sent.body).digest('hex')}`,
      `sha256=${createHmac('sha256', secret).update(sent.body).digest('hex')}`,
    ];
    const wrong = texts.filter((text) => text !== right);
    const withForm = (text: string) => ({ ...sent, headers: { ...sent.headers, [header]: text } });
    expect(check(kind, withForm(right), [secret])).toBe('valid');
    for (const text of wrong) {
      const reason = form.test(text) ? 'signature' : 'malformed';
      expect([text, check(kind, withForm(text), [secret])]).toEqual([text, reason]);
    }
    expect(check(kind, withForm(''), [secret])).toBe('unsigned');
    const { [header]: _, ...without } = sent.headers ?? {};
    expect(check(kind, { ...sent, headers: without }, [secret])).toBe('unsigned');
  });

  it('is checked and never throws, for any request', () => {
    const text = fc.oneof(fc.string({ unit: anyCharacter }), fc.constant(String(now)));
    const headers = fc.record(
      Object.fromEntries(caseOf(kind).source.requiredHeaders.map((name) => [name, text])),
    );
    fc.assert(
      fc.property(text, text, headers, (url, body, given) => {
        expect(check(kind, { url, body, headers: given }, [secret])).not.toBe('valid');
      }),
    );
  });
});

const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

describe('a timestamp', () => {
  it.each([
    ...['', 'now', 'NaN', '1.795340000123e12', ` ${now}`, `${now}.0`, `+${now}`, `${now},${now}`],
    ...['0x1a20355a7bb', '9'.repeat(40)],
  ])('of HubSpot is not %j, even if that is signed', (timestamp) => {
    expect(check('hubspot', hubspotSigned(uuid, { timestamp }), [uuid])).toBe('malformed');
  });

  it.each(['', '-1', '1e9', '0x10', ' 1', '1.5', 'NaN', '99999999999999999999'])(
    'of Standard Webhooks is not %j, even if that is signed',
    (at) => {
      const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      const headers = standardHeaders('[]', { secret, at });
      expect(check('standard-webhooks', { headers }, [secret])).toBe('malformed');
    },
  );

  it('of Zendesk is in ISO 8601, even if something else is signed', () => {
    const secret = 'a signing secret of a webhook';
    const headers = zendeskHeaders('[]', { secret, at: '1531420618' });
    expect(check('zendesk', { headers }, [secret], 1531420618_000)).toBe('malformed');
  });

  it.each(['intercom', 'jira'])(
    'of %s may be absent from the body: then the payload is checked for it',
    (kind) => {
      const secret = caseOf(kind).crm.newSecret();
      for (const body of ['{"a":1}', '{"timestamp":', '{"timestamp":1.5,"created_at":-1}']) {
        const sign = (text: string): Sent => ({
          ...caseOf(kind).crm.sign({ body: Buffer.from(text), secret, url: ownUrl(kind), now }),
          body,
        });
        expect(check(kind, sign(body), [secret])).toBe('valid');
        expect(check(kind, sign(`${body} `), [secret])).toBe('signature');
      }
    },
  );
});

describe("HubSpot's signature", () => {
  const url = 'https://hooks.example.com/webhooks/hubspot';

  it('covers method, scheme, host, path and query', () => {
    const sent = hubspotSigned(uuid, { url });
    expect(check('hubspot', sent, [uuid])).toBe('valid');
    for (const changes of [
      { method: 'PUT' },
      { url: url.replace('https', 'http') },
      { url: url.replace('hooks', 'hook') },
      { url: `${url}/` },
      { url: `${url}?a=1` },
    ]) {
      expect(check('hubspot', { ...sent, ...changes }, [uuid])).toBe('signature');
    }
  });

  it('is over the decoded URL, and not over the one that was sent', () => {
    const encoded = hubspotSigned(uuid, { url: `${url}?a=%3A%2F` });
    expect(check('hubspot', encoded, [uuid])).toBe('signature');
    const kept = hubspotSigned(uuid, { url: `${url}?a=%20%26%3D%25%2B%23%22` });
    expect(check('hubspot', kept, [uuid])).toBe('valid');
  });

  it('is over the URL of the setting webhookUrl, decoded in the same way', () => {
    const sent = { ...hubspotSigned(uuid, { url: `${url}?a=:/` }), url: 'http://internal/' };
    const webhookUrl = `${url}?a=%3a%2F`;
    expect(check('hubspot', sent, [uuid], now, { webhookUrl })).toBe('valid');
    expect(check('hubspot', sent, [uuid])).toBe('signature');
  });

  it('is not one of an older version: these are no HMAC, and have no time', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const { headers } = hubspotSigned(uuid);
    for (const old of [sha256(`${uuid}[]`), sha256(`${uuid}POST${ownUrl('hubspot')}[]`)]) {
      const changed = { ...headers, 'x-hubspot-signature': old, 'x-hubspot-signature-v3': old };
      expect(check('hubspot', { headers: changed }, [uuid])).toBe('malformed');
    }
  });
});

describe('a signature by Standard Webhooks', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const at = now / 1000;
  const headers = standardHeaders('[]', { secret, at });
  const signature = headers['webhook-signature'];
  const checkWith = (changed: Record<string, string>, secrets = [secret]) =>
    check('standard-webhooks', { headers: { ...headers, ...changed } }, secrets);

  it('covers the id, and is found among signatures of other versions and other keys', () => {
    expect(checkWith({ 'webhook-id': 'msg_2' })).toBe('signature');
    expect(checkWith({ 'webhook-signature': `v2,abc v1a,abc v1,abc ${signature}` })).toBe('valid');
    expect(checkWith({ 'webhook-signature': signature.replace('v1', 'v2') })).toBe('signature');
    const nine = 'v1,abc '.repeat(9);
    expect(checkWith({ 'webhook-signature': nine + signature })).toBe('valid');
    expect(checkWith({ 'webhook-signature': `v1,abc ${nine}${signature}` })).toBe('malformed');
  });

  it('is found among others by a public key, in its own version and whole', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const key = `whpk_${x.toString('base64')}`;
    const bytes = sign(null, Buffer.from(`msg_1.${at}.[]`), privateKey);
    const own = `v1a,${bytes.toString('base64')}`;
    const checkBy = (given: string) => checkWith({ 'webhook-signature': given }, [key]);
    expect([checkBy(own), checkBy(`${signature} v1a,abc ${own}`)]).toEqual(['valid', 'valid']);
    const wrong = [own.replace('v1a', 'v1b'), own.replace('v1a', 'v1'), own.replace('==', '=')];
    for (const given of wrong) expect(checkBy(given)).toBe('signature');
  });

  it.each([', ', ' ,', '  '])('is none after %j: the header is not as it was signed', (odd) => {
    for (const form of [`${signature}${odd}`, `${signature}${odd}${signature}`]) {
      expect(checkWith({ 'webhook-signature': form })).toBe('malformed');
    }
  });

  it('may be made with a key of 24 to 64 bytes, whose prefix may be absent', () => {
    expect(checkWith({}, ['no key', secret.replace('whsec_', '')])).toBe('valid');
    for (const length of [24, 64]) {
      const other = `whsec_${Buffer.alloc(length, 1).toString('base64')}`;
      expect(checkWith(standardHeaders('[]', { at, secret: other }), [other])).toBe('valid');
    }
  });
});

describe('a secret', () => {
  const problemOf = (kind: string, secret: string) => secretProblem(caseOf(kind).source, secret);
  const base64 = (length: number, prefix = 'whsec_') =>
    `${prefix}${Buffer.alloc(length).toString('base64')}`;

  it.each([
    ['standard-webhooks', 'whsec_', /at least/],
    ['standard-webhooks', 'a signing secret in words, of 32 c', /whsec_/],
    ['standard-webhooks', base64(23), /whsec_/],
    ['standard-webhooks', base64(65), /whsec_/],
    ['standard-webhooks', base64(31, 'whpk_'), /whsec_/],
    ['standard-webhooks', base64(64, 'whsk_'), /whsec_/],
    ['standard-webhooks', base64(32, 'whpk_').replace('=', ''), /whpk_/],
    ['zendesk', 'only 15 symbols', 'has 15 characters; a signing secret has at least 16'],
    ['zendesk', 'a zero after it\0', /printable/],
    ['zendesk', 'schlüssel-0123456789', /printable/],
    ['dynamics', '00000000-0000-0000-0000-000000000001', /documentation/],
    ['hubspot', 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy', /documentation/],
    ['jira', "It's a Secret to Everybody", /documentation/],
    // Published with the prefix.
    ['standard-webhooks', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /documentation/],
    ['dynamics', 'a key of many words', /header/],
    ['dynamics', 'one,two,three,four', /header/],
    ['dynamics', 'schlüssel-des-webhooks', /header/],
    ['dynamics', 'a-key\nof-many-lines', /header/],
    ['salesforce-outbound', 'only-23-characters-long', /24/],
    ['salesforce-outbound', 'with a space in it, and long', /letters, digits/],
    ['salesforce-outbound', 'with/a/slash/in/it/and/long/enough', /letters, digits/],
    ['salesforce-outbound', 'percent%2Dencoded-and-long-enough', /letters, digits/],
    ['salesforce-outbound', 'ümlauts-are-written-in-many-ways', /letters, digits/],
    ['salesforce-outbound', 'with-a-line-end-and-long-enough\n', /letters, digits/],
  ])('of %s is not %j', (kind, secret, problem) => {
    expect(problemOf(kind, secret)).toMatch(problem);
  });

  it('of zendesk may have 16 printable characters', () => {
    expect(problemOf('zendesk', ' a key, 16 long~')).toBeUndefined();
  });

  it('of standard-webhooks may be a public key', () => {
    expect(problemOf('standard-webhooks', base64(32, 'whpk_'))).toBeUndefined();
  });

  it('in a header or a path is missing in any other place', () => {
    const headers = { authorization: 'k3y', 'x-functions-key': 'k3y' };
    for (const kind of ['dynamics', 'salesforce-outbound']) {
      const url = `${ownUrl(kind)}?code=k3y`;
      expect(check(kind, { url, headers }, ['k3y'])).toBe('unsigned');
      const other = { pathToken: 'k3y', headers: { 'x-crm-media-sync-key': 'k3y' } };
      expect(check(kind, other, ['another'])).toBe('signature');
    }
  });
});
