import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpError } from '../../shared/http/errors.ts';
import { maxEventBodyBytes, parseJsonBody, readRequest } from '../../shared/http/request.ts';
import { apiGatewayEvent } from './webhook.ts';

const json = ['application/json'];

describe('a request', () => {
  it('has the URL that the sender called', () => {
    const event = apiGatewayEvent('{}', { path: '/webhooks/hubspot' });
    const url = 'https://api.example.com/webhooks/hubspot';
    expect(readRequest(event, json, undefined).url).toBe(url);
    const asked = { ...event, rawQueryString: 'a=1&b=%40' };
    expect(readRequest(asked, json, undefined).url).toBe(`${url}?a=1&b=%40`);
  });

  it('has no TLS if API Gateway says so', () => {
    const event = apiGatewayEvent('{}', { headers: { 'X-Forwarded-Proto': 'http' } });
    expect(readRequest(event, json, undefined).url).toMatch(/^http:/);
  });

  it('has no host that the sender makes up', () => {
    const event = apiGatewayEvent('{}', {
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(readRequest(event, json, undefined).url).toMatch(/^https:\/\/api\.example\.com\//);
  });

  it('may be of any of the content types that are taken', () => {
    const event = apiGatewayEvent('<a/>', {
      headers: { 'content-type': 'Text/XML; charset="utf-8"' },
    });
    expect(readRequest(event, ['application/xml', 'text/xml'], 'token')).toMatchObject({
      method: 'POST',
      pathToken: 'token',
      body: Buffer.from('<a/>'),
    });
    expect(() => readRequest(event, ['application/xml'], undefined)).toThrow(
      'Send content-type: application/xml, in UTF-8',
    );
  });
});

describe('a JSON body', () => {
  const parse = (text: string) => parseJsonBody(Buffer.from(text));

  it('is read as JSON.parse reads it, with exact integers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\d{16}/.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
        const both = `[12345678901234567890,${text}]`;
        expect(parse(both)).toEqual([12345678901234567890n, JSON.parse(text)]);
      }),
    );
  });

  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const list = (values: number) =>
    `[${Array(values - 1)
      .fill('0')
      .join()}]`;

  it('counts values and levels outside of texts only', () => {
    const text = JSON.stringify('[{,\\"'.repeat(250_000));
    expect(parse(`[${text},${text}]`)).toEqual([JSON.parse(text), JSON.parse(text)]);
    expect(parse(nested(1000))).toBeInstanceOf(Array);
    expect(() => parse(nested(1001))).toThrow('levels');
    expect(parse(list(249_999))).toHaveLength(249_998);
    expect(() => parse(list(250_001))).toThrow('values');
  });

  it.each([
    ['brackets', '['],
    ['objects', '{"a":'],
    ['empty objects', '{},'],
    ['numbers', '1,'],
    ['digits', '9'],
    ['integers beyond 2^53', '12345678901234567890,'],
    ['exponents', '1e999,'],
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['escapes', '"\\u0000",'],
  ])('of 6 MB is read or refused in bounded time, of nothing but %s', (_what, part) => {
    // Tens of milliseconds each. Without bounds some take seconds and more memory than a function has.
    const text = part.repeat(Math.floor(maxEventBodyBytes / part.length) - 10);
    for (const body of [text, `[${text}0]`]) {
      try {
        parse(body);
      } catch (error) {
        expect(error).toBeInstanceOf(HttpError);
      }
    }
  });
});
