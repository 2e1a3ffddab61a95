import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secretProblem } from '../../../shared/crm/signing/secret-problem.ts';
import { hubspot } from '../../../shared/crm/sources/hubspot.ts';
import { isGenuine, now, request, type Sent, signed, target, uuid } from './hubspot-events.ts';

const encoded =
  `${target}?a=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B` +
  '&b=%3a%2f%3f%40%21%24%27%28%29%2a%2c%3b&c=%20%26%3D%25%2B+%253A';

/**
 * The first two are in the tests of HubSpot's Python and Ruby libraries; the others were computed with
 * its Node library, @hubspot/api-client 14.0.1, which is given the URL as it is decoded.
 */
const vectors = [
  {
    name: 'of the Python library',
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    url: 'https://www.example.com/webhook_uri',
    body: "{'example_field':'example_value'}",
    timestamp: '1693657560000',
    signature: 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
  },
  {
    name: 'of the Ruby library',
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    url: 'https://www.example.com/webhook_uri',
    body: "{'example_field':'example_value'}",
    timestamp: '1700000300000',
    signature: 'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=',
  },
  {
    name: 'with a body beyond ASCII',
    secret: uuid,
    url: 'https://hooks.example.com/prod/webhooks/hubspot',
    body:
      '[{"eventId":100,"subscriptionId":686627,"portalId":891472211,"appId":7906213,' +
      '"occurredAt":1795340000000,"subscriptionType":"ticket.propertyChange","attemptNumber":0,' +
      '"objectId":2874651930,"propertyName":"subject","propertyValue":"Döner & Çay 🍵",' +
      '"changeSource":"CRM_UI","sourceId":"userId:882761034"}]',
    timestamp: '1795340000123',
    signature: 'n2bU/ZzWOPxnJhAd1p9wO24/kMjBUoFc8PKtkJVbNtM=',
  },
  {
    name: 'with all that is decoded in the URL, and some that is not',
    secret: uuid,
    url: encoded,
    body: '[]',
    timestamp: '1795340000123',
    signature: 'MYeJAoV8Hc+G9nouItVQ2upUWOqs0WAA1sB5UZ5M7Y4=',
  },
];

describe("HubSpot's signature", () => {
  it.each(vectors)('agrees with the vector $name', ({ secret, timestamp, ...sent }) => {
    const check = (changes: Sent, secrets = [secret], webhookUrl?: string) =>
      isGenuine(request({ timestamp, ...sent, ...changes }), +timestamp, webhookUrl, secrets);
    expect(check({})).toBe(true);
    expect(check({}, [uuid.replace('0', '1'), secret])).toBe(true);
    expect(check({}, [uuid.replace('0', '1')])).toBe(false);
    expect(check({}, [])).toBe(false);
    expect(check({ body: `${sent.body}\n` })).toBe(false);
    expect(check({ timestamp: String(+timestamp + 1) })).toBe(false);
    expect(check({ url: 'https://10.0.0.1/' }, [secret], sent.url)).toBe(true);
    expect(check({}, [secret], 'https://hooks.example.com/')).toBe(false);
  });

  it('is over the decoded URL, and not over the one that was sent', () => {
    expect(isGenuine(signed({ url: encoded }))).toBe(false);
    const other = signed({ url: `${target}?a=%20%26%3D%25%2B%23%22` });
    expect(isGenuine(other)).toBe(true);
  });

  it('is over the URL that was set, decoded in the same way', () => {
    const { headers } = signed({ url: `${target}?a=:/` });
    const behindAProxy = { ...request({ url: 'http://internal/' }), headers };
    expect(isGenuine(behindAProxy, now, `${target}?a=%3a%2F`)).toBe(true);
    expect(isGenuine(behindAProxy)).toBe(false);
  });

  it('covers method, scheme, host, path and query', () => {
    const { headers } = signed();
    const elsewhere = (changes: Sent) => isGenuine({ ...request(changes), headers });
    expect(elsewhere({})).toBe(true);
    expect(elsewhere({ method: 'PUT' })).toBe(false);
    expect(elsewhere({ url: target.replace('https', 'http') })).toBe(false);
    expect(elsewhere({ url: target.replace('hooks', 'hook') })).toBe(false);
    expect(elsewhere({ url: `${target}/` })).toBe(false);
    expect(elsewhere({ url: `${target}?a=1` })).toBe(false);
  });

  it('may be five minutes old, and five minutes ahead', () => {
    const minutes = 60_000;
    const at = (offset: number) => isGenuine(signed({ timestamp: String(now + offset) }));
    expect([at(-5 * minutes), at(5 * minutes)]).toEqual([true, true]);
    expect([at(-5 * minutes - 1), at(5 * minutes + 1)]).toEqual([false, false]);
  });

  it.each([
    '',
    'now',
    'NaN',
    '1.795340000123e12',
    ` ${now}`,
    `${now}.0`,
    `+${now}`,
    `${now},${now}`,
    '0x1a20355a7bb',
    '1795340000',
    '9'.repeat(40),
  ])('with the timestamp %j is not let in, though it is right', (timestamp) => {
    expect(isGenuine(signed({ timestamp }))).toBe(false);
  });

  it('is taken as it is written', () => {
    const right = signed().headers.get('x-hubspot-signature-v3') ?? '';
    const check = (signature: string) => isGenuine(request({ signature }));
    expect(check(right)).toBe(true);
    for (const signature of [
      '',
      right.replace(/=$/, ''),
      ` ${right}`,
      `${right},${right}`,
      right.toLowerCase(),
      Buffer.from(right, 'base64').toString('base64url'),
      Buffer.from(right, 'base64').toString('hex'),
    ]) {
      expect([signature, check(signature)]).toEqual([signature, false]);
    }
  });

  it('of an older version is none: those are no HMAC, and have no time', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    for (const signature of [sha256(`${uuid}[]`), sha256(`${uuid}POST${target}[]`)]) {
      const sent = request({ signature });
      expect(isGenuine(sent)).toBe(false);
      const headers = new Map([...sent.headers, ['x-hubspot-signature', signature]]);
      expect(isGenuine({ ...sent, headers })).toBe(false);
    }
  });

  it('is not made with the secret of the documentation', () => {
    expect(secretProblem(hubspot, 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy')).toMatch(/documentation/);
    expect(secretProblem(hubspot, uuid)).toBeUndefined();
  });

  it('is judged and never thrown at, whatever is sent', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(String(now)));
    fc.assert(
      fc.property(text, text, text, text, (url, timestamp, signature, body) => {
        expect(isGenuine(request({ url, timestamp, signature, body }))).toBe(false);
      }),
    );
  });
});
