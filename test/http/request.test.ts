import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpError } from '../../shared/http/errors.ts';
import {
  maxEventBodyBytes,
  parseJsonBody,
  readRequest,
  requireHeaders,
} from '../../shared/http/request.ts';
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

  it('may have no body', () => {
    const { body: _, ...event } = apiGatewayEvent('');
    expect(readRequest(event, json, undefined).body).toEqual(Buffer.alloc(0));
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
    expect(() => readRequest(event, ['a/b', 'c/d'], undefined)).toThrow(
      /^Send content-type: a\/b or c\/d, in UTF-8$/,
    );
    for (const [type, isTaken] of [
      ['text/xml; a=b; charset=utf-8', true],
      ['text/xml; charset=utf8', true],
      ['text/xml; charset=utf-8x', false],
      ['text/xml; charset=charset=utf-8', false],
      ['text/xml; a=b; charset=utf-16', false],
    ] as const) {
      const read = () =>
        readRequest(
          apiGatewayEvent('', { headers: { 'content-type': type } }),
          ['text/xml'],
          undefined,
        );
      if (isTaken) read();
      else expect(read).toThrow();
    }
  });

  it('is refused with what is wrong with it', () => {
    const base64 = (body: string) => apiGatewayEvent(body, { isBase64Encoded: true });
    const read = (event: ReturnType<typeof base64>, most?: number) => () =>
      readRequest(event, json, undefined, most);
    expect(read(apiGatewayEvent('{}'), 1)).toThrow(/^The body has 2 bytes; at most 1$/);
    const tooMany = 'A'.repeat(maxEventBodyBytes + 1);
    expect(read(base64(tooMany))).toThrow(/^The body has \d+ bytes in base64; at most \d+$/);
    expect(read(apiGatewayEvent(tooMany))).toThrow(/^The body has \d+ bytes; at most \d+$/);
    expect(read(base64('%'))).toThrow(/^The body is not base64$/);
    const request = { ...read(apiGatewayEvent('{}'))(), headers: new Map([['a', '']]) };
    expect(() => requireHeaders(request, ['a', 'b'])).toThrow(
      new HttpError('malformed', 'These headers are missing: a, b', [], 'unsigned'),
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
