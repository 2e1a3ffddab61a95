import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { secretProblem } from '../../../shared/crm/signing/secret-problem.ts';
import type { SignatureCheck } from '../../../shared/crm/source.ts';
import { zendeskSignature } from '../../../shared/crm/sources/zendesk.ts';
import { standardHeaders, zendeskHeaders } from '../../crm-change/webhook.ts';
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
  const headers = {
    'x-hubspot-request-timestamp': timestamp,
    'x-hubspot-signature-v3': signature,
  };
  return { method, url, headers, body: changes.body ?? '[]' };
};

interface PublishedVector {
  readonly id: string;
  readonly scheme: string;
  readonly secret: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly valid: boolean;
}

const publishedVectors: readonly PublishedVector[] = JSON.parse(
  readFileSync(new URL('signature-vectors.json', import.meta.url), 'utf8'),
);
const ofScheme = (scheme: string) =>
  publishedVectors.filter((vector) => vector.scheme.startsWith(scheme));

const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const encodedUrl =
  `https://hooks.example.com/webhooks/hubspot?a=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B` +
  '&b=%3a%2f%3f%40%21%24%27%28%29%2a%2c%3b&c=%20%26%3D%25%2B+%253A';

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly secret: string;
  readonly at: number;
  readonly sent: Sent;
}

type HubspotVector = readonly [name: string, secret: string, url: string, body: string];

const hubspotVector = (
  [name, secret, url, body]: HubspotVector,
  at: number,
  signature: string,
): Vector => {
  const headers = {
    'x-hubspot-request-timestamp': String(at),
    'x-hubspot-signature-v3': signature,
  };
  return { name, kind: 'hubspot', secret, at, sent: { url, body, headers } };
};

const hubVector = (kind: string, name: string, secret: string, body: string, signature: string) => {
  const sent = { body, headers: { 'x-hub-signature': signature } };
  return { name: `in ${name}`, kind, secret, at: now, sent };
};

const ofLibraries = [
  'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
  'https://www.example.com/webhook_uri',
  "{'example_field':'example_value'}",
] as const;
const beyondAscii =
  '[{"eventId":100,"subscriptionId":686627,"portalId":891472211,"appId":7906213,' +
  '"occurredAt":1795340000000,"subscriptionType":"ticket.propertyChange","attemptNumber":0,' +
  '"objectId":2874651930,"propertyName":"subject","propertyValue":"Döner & Çay 🍵",' +
  '"changeSource":"CRM_UI","sourceId":"userId:882761034"}]';

const vectors: readonly Vector[] = [
  // The first two are in the tests of HubSpot's Python and Ruby libraries; the others were computed with
  // its Node library, @hubspot/api-client 14.0.1, which takes the URL decoded.
  hubspotVector(
    ['of the Python library', ...ofLibraries],
    1693657560000,
    'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
  ),
  hubspotVector(
    ['of the Ruby library', ...ofLibraries],
    1700000300000,
    'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=',
  ),
  hubspotVector(
    ['beyond ASCII', uuid, 'https://hooks.example.com/prod/webhooks/hubspot', beyondAscii],
    1795340000123,
    'n2bU/ZzWOPxnJhAd1p9wO24/kMjBUoFc8PKtkJVbNtM=',
  ),
  // Every character that HubSpot decodes in the URL, and some that it does not.
  hubspotVector(
    ['with an encoded URL', uuid, encodedUrl, '[]'],
    1795340000123,
    'MYeJAoV8Hc+G9nouItVQ2upUWOqs0WAA1sB5UZ5M7Y4=',
  ),
  hubVector(
    'jira',
    'https://developer.atlassian.com/cloud/jira/platform/webhooks/',
    "It's a Secret to Everybody",
    'Hello World!',
    'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9',
  ),
  hubVector(
    'jira',
    'https://www.rfc-editor.org/rfc/rfc4231#section-4.3',
    'Jefe',
    'what do ya want for nothing?',
    'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ),
  hubVector(
    'intercom',
    'https://www.rfc-editor.org/rfc/rfc2202#section-3',
    'Jefe',
    'what do ya want for nothing?',
    'sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  ),
  ...ofScheme('standard')
    .filter(({ valid }) => valid)
    .map(({ id, secret, body, headers }) => ({
      name: id,
      kind: 'standard-webhooks',
      secret,
      at: Number(headers['webhook-timestamp']) * 1000,
      sent: { body, headers },
    })),
];

describe('a published signature', () => {
  const other = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

  it.each(vectors)('of $kind is valid: $name', ({ kind, secret, at, sent }) => {
    expect(check(kind, sent, [secret], at)).toBe('valid');
    expect(check(kind, sent, [other, secret], at)).toBe('valid');
    expect(check(kind, sent, [other], at)).toBe('bad signature');
    expect(check(kind, sent, [], at)).toBe('bad signature');
    expect(check(kind, { ...sent, body: `${sent.body}\n` }, [secret], at)).toBe('bad signature');
  });

  it.each(ofScheme('standard').filter(({ valid }) => !valid))(
    'of Standard Webhooks is not valid: $id',
    ({ secret, headers, body }) => {
      const at = Number(headers['webhook-timestamp']) * 1000;
      expect(check('standard-webhooks', { headers, body }, [secret], at)).not.toBe('valid');
    },
  );

  it.each(ofScheme('zendesk'))('of Zendesk has the same HMAC: $id', (vector) => {
    // Its timestamp is a number, and real ones are in ISO 8601: only the HMAC is compared.
    const timestamp = vector.headers['x-zendesk-webhook-signature-timestamp'] ?? '';
    const signature = zendeskSignature(vector.secret, timestamp, Buffer.from(vector.body));
    expect(signature === vector.headers['x-zendesk-webhook-signature']).toBe(vector.valid);
  });
});

describe.each([
  { kind: 'hubspot', past: 5 * minute, header: 'x-hubspot-signature-v3' },
  { kind: 'intercom', past: day, header: 'x-hub-signature' },
  { kind: 'jira', past: day, header: 'x-hub-signature' },
  { kind: 'servicenow', past: 5 * minute, header: 'webhook-signature' },
  { kind: 'standard-webhooks', past: 5 * minute, header: 'webhook-signature' },
  { kind: 'zendesk', past: 60 * minute, header: 'x-zendesk-webhook-signature' },
])('a signature of $kind', ({ kind, past, header }) => {
  const secret = caseOf(kind).crm.newSecret();

  it(`is stale after ${past / minute} minutes, and five minutes before its time`, () => {
    const at = (offset: number) => check(kind, signed(kind, secret, now + offset), [secret]);
    expect([at(-past), at(5 * minute)]).toEqual(['valid', 'valid']);
    expect([at(-past - 1000), at(5 * minute + 1000)]).toEqual([
      'stale timestamp',
      'stale timestamp',
    ]);
  });

  it('is valid only in the form in which it was sent', () => {
    const sent = signed(kind, secret);
    const right = sent.headers?.[header] ?? '';
    const encoded = right.replace(/^(v1,|sha\d+=)/, '');
    const bytes = Buffer.from(encoded, /^[0-9a-f]+$/.test(encoded) ? 'hex' : 'base64');
    const other = kind === 'jira' ? 'sha1' : 'sha256';
    const forms = [
      ...[right.slice(0, -1), ` ${right}`, `${right} `, `${right}, ${right}`, `${right},${right}`],
      ...[right.toUpperCase(), right.toLowerCase(), right.replace('=', ':'), `${other}=${encoded}`],
      ...(['hex', 'base64', 'base64url'] as const).flatMap((encoding) => {
        const text = bytes.toString(encoding);
        return [text, right.replace(encoded, text)];
      }),
      `sha1=${createHmac('sha1', secret).update(sent.body).digest('hex')}`,
      `sha256=${createHmac('sha256', secret).update(sent.body).digest('hex')}`,
    ];
    const wrong = forms.filter((form) => form !== right);
    const withForm = (form: string) => ({ ...sent, headers: { ...sent.headers, [header]: form } });
    expect(check(kind, withForm(right), [secret])).toBe('valid');
    for (const form of wrong) {
      expect([form, check(kind, withForm(form), [secret])]).toEqual([form, 'bad signature']);
    }
    expect(check(kind, withForm(''), [secret])).toBe('no signature');
    const { [header]: _, ...without } = sent.headers ?? {};
    expect(check(kind, { ...sent, headers: without }, [secret])).toBe('no signature');
  });

  it('is checked and never throws, for any request', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(String(now)));
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

describe('a timestamp', () => {
  it.each([
    ...['', 'now', 'NaN', '1.795340000123e12', ` ${now}`, `${now}.0`, `+${now}`, `${now},${now}`],
    ...['0x1a20355a7bb', '9'.repeat(40)],
  ])('of HubSpot is not %j, even if that is signed', (timestamp) => {
    expect(check('hubspot', hubspotSigned(uuid, { timestamp }), [uuid])).toBe('invalid timestamp');
  });

  it.each(['', '-1', '1e9', '0x10', ' 1', '1.5', 'NaN', '99999999999999999999'])(
    'of Standard Webhooks is not %j, even if that is signed',
    (at) => {
      const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      const headers = standardHeaders('[]', { secret, at });
      expect(check('standard-webhooks', { headers }, [secret])).toBe('invalid timestamp');
    },
  );

  it('of Zendesk is in ISO 8601, even if something else is signed', () => {
    const secret = 'a signing secret of a webhook';
    const headers = zendeskHeaders('[]', { secret, at: '1531420618' });
    expect(check('zendesk', { headers }, [secret], 1531420618_000)).toBe('invalid timestamp');
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
        expect(check(kind, sign(`${body} `), [secret])).toBe('bad signature');
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
      expect(check('hubspot', { ...sent, ...changes }, [uuid])).toBe('bad signature');
    }
  });

  it('is over the decoded URL, and not over the one that was sent', () => {
    expect(check('hubspot', hubspotSigned(uuid, { url: encodedUrl }), [uuid])).toBe(
      'bad signature',
    );
    const kept = hubspotSigned(uuid, { url: `${url}?a=%20%26%3D%25%2B%23%22` });
    expect(check('hubspot', kept, [uuid])).toBe('valid');
  });

  it('is over the URL of the setting webhookUrl, decoded in the same way', () => {
    const sent = { ...hubspotSigned(uuid, { url: `${url}?a=:/` }), url: 'http://internal/' };
    const webhookUrl = `${url}?a=%3a%2F`;
    expect(check('hubspot', sent, [uuid], now, { webhookUrl })).toBe('valid');
    expect(check('hubspot', sent, [uuid])).toBe('bad signature');
  });

  it('is not one of an older version: these are no HMAC, and have no time', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const { headers } = hubspotSigned(uuid);
    for (const old of [sha256(`${uuid}[]`), sha256(`${uuid}POST${ownUrl('hubspot')}[]`)]) {
      const changed = { ...headers, 'x-hubspot-signature': old, 'x-hubspot-signature-v3': old };
      expect(check('hubspot', { headers: changed }, [uuid])).toBe('bad signature');
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
    expect(checkWith({ 'webhook-id': 'msg_2' })).toBe('bad signature');
    expect(checkWith({ 'webhook-signature': `v2,abc v1a,abc v1,abc ${signature}` })).toBe('valid');
    expect(checkWith({ 'webhook-signature': signature.replace('v1', 'v2') })).toBe('bad signature');
  });

  it.each([', ', ' ,', '  '])('is none after %j: the header is not as it was signed', (odd) => {
    for (const form of [`${signature}${odd}`, `${signature}${odd}${signature}`]) {
      expect(checkWith({ 'webhook-signature': form })).toBe('bad signature');
    }
  });

  it('may be made with a key of 24 to 64 bytes, whose prefix may be absent', () => {
    expect(checkWith({}, [secret.replace('whsec_', '')])).toBe('valid');
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
    ['standard-webhooks', '', /empty/],
    ['standard-webhooks', 'whsec_', /at least/],
    ['standard-webhooks', 'a signing secret in words, of 32 c', /whsec_/],
    ['standard-webhooks', base64(23), /whsec_/],
    ['standard-webhooks', base64(65), /whsec_/],
    ['standard-webhooks', base64(31, 'whpk_'), /whsec_/],
    ['standard-webhooks', base64(64, 'whsk_'), /whsec_/],
    // Published with and without the prefix.
    ['standard-webhooks', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /documentation/],
    ['standard-webhooks', 'whsec_51TKyHBy5KFY1Ab98GQ8V60BkWnejkWy', /documentation/],
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

  it('in a header or a path is compared letter by letter, in its own place only', () => {
    const key = 'k3y_of-the/webhook+1';
    const header = 'x-crm-media-sync-key';
    const dynamics = (headers: Record<string, string>, secrets = ['another', key]) =>
      check('dynamics', { url: `${ownUrl('dynamics')}?code=${key}`, headers }, secrets);
    expect(dynamics({ [header]: key })).toBe('valid');
    expect(dynamics({ [header]: key }, ['another'])).toBe('bad signature');
    for (const wrong of [key.toUpperCase(), key.slice(1), `${key} `, `${key},${key}`]) {
      expect(dynamics({ [header]: wrong })).toBe('bad signature');
    }
    expect(dynamics({ authorization: key, 'x-functions-key': key })).toBe('no signature');
    const token = 'c8a4b1f0e2d94c7f8a6b5e3d2c1f0a9b';
    const salesforce = (pathToken: string | undefined) =>
      check('salesforce-outbound', { pathToken }, ['another', token]);
    expect(salesforce(token)).toBe('valid');
    for (const wrong of ['', token.toUpperCase(), `${token}0`, token.replace('c8', 'c9')]) {
      expect(salesforce(wrong)).toBe('bad signature');
    }
    expect(salesforce(undefined)).toBe('no signature');
  });
});
