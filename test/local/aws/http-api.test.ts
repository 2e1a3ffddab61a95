import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { startHttpApi } from '../../../local/aws/http-api.ts';
import { maxEventBodyBytes } from '../../../shared/http/request.ts';
import { onceAtEnd } from '../serve.ts';

const open = async (
  invoke: (event: APIGatewayProxyEventV2) => Promise<unknown>,
  options: { integrationTimeoutMs?: number; maxBytesInProgress?: number } = {},
) => {
  const lines: string[] = [];
  const httpApi = await startHttpApi({ invoke, log: (line) => lines.push(line), ...options });
  return { ...httpApi, close: onceAtEnd(httpApi.close), lines };
};

/** Starts an API whose function returns 204, and keeps the events. */
const recording = async () => {
  const events: APIGatewayProxyEventV2[] = [];
  const httpApi = await open(async (event) => {
    events.push(event);
    return { statusCode: 204 };
  });
  return { ...httpApi, events };
};

/** Sends bytes unchanged, which `fetch` does not. */
const sendRaw = async (url: string, request: string | Buffer): Promise<string> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(request);
  return text(socket);
};

describe('the HTTP API', () => {
  it('invokes the function with payload format 2.0', async () => {
    const { url, events } = await recording();
    const before = Date.now();
    await fetch(`${url}/webhooks/zendesk?a=1&b=x%20y&a=2`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'a CRM', 'X-Signature': 'abc' },
      body: '{"id": "é"}',
    });
    const host = new URL(url).host;
    expect(events).toEqual([
      {
        version: '2.0',
        routeKey: '$default',
        rawPath: '/webhooks/zendesk',
        rawQueryString: 'a=1&b=x%20y&a=2',
        headers: expect.objectContaining({
          'content-type': 'application/json',
          'x-signature': 'abc',
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-port': new URL(url).port,
          'x-forwarded-proto': 'http',
          host,
        }),
        queryStringParameters: { a: '1,2', b: 'x y' },
        requestContext: expect.objectContaining({
          domainName: host,
          http: {
            method: 'POST',
            path: '/webhooks/zendesk',
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'a CRM',
          },
          requestId: expect.any(String),
          routeKey: '$default',
          stage: '$default',
          time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        }),
        body: '{"id": "é"}',
        isBase64Encoded: false,
      },
    ]);
    expect(events[0]?.requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
    expect(events[0]?.requestContext.timeEpoch).toBeLessThanOrEqual(Date.now());
  });

  it('joins headers that come twice with a comma, and keeps cookies apart', async () => {
    const { url, events } = await recording();
    await sendRaw(
      url,
      'GET / HTTP/1.1\r\nHost: h\r\nX-Two: a\r\nx-two: b\r\nCookie: a=1; b=2\r\nConnection: close\r\n\r\n',
    );
    expect(events[0]?.headers).toMatchObject({ 'x-two': 'a,b' });
    expect(events[0]?.headers).not.toHaveProperty('cookie');
    expect(events[0]?.cookies).toEqual(['a=1', 'b=2']);
  });

  it('leaves out the fields that a request does not have', async () => {
    const { url, events } = await recording();
    await fetch(`${url}/elsewhere`);
    expect(events[0]).toMatchObject({
      routeKey: '$default',
      rawQueryString: '',
      isBase64Encoded: false,
    });
    for (const absent of ['body', 'cookies', 'queryStringParameters', 'pathParameters']) {
      expect(events[0]).not.toHaveProperty(absent);
    }
  });

  it.each([
    ['application/json', Buffer.from('{"a":"é"}'), false],
    ['application/json; charset=utf-8', Buffer.from('\uFEFF{}'), false],
    ['application/cloudevents+json', Buffer.from('{}'), false],
    ['text/plain', Buffer.from('a'), false],
    ['application/xml', Buffer.from('<a/>'), false],
    ['application/json', Buffer.of(0x22, 0xff, 0x22), true],
    ['application/x-www-form-urlencoded', Buffer.from('a=b'), true],
    ['application/octet-stream', Buffer.from('{}'), true],
    ['', Buffer.from('{}'), true],
  ])('keeps every byte of a body of type "%s" %j', async (type, bytes, isBase64Encoded) => {
    const { url, events } = await recording();
    await fetch(`${url}/webhooks/x`, {
      method: 'POST',
      body: new Blob([new Uint8Array(bytes)]),
      headers: type === '' ? {} : { 'content-type': type },
    });
    const [event] = events;
    expect(event?.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event?.body ?? '', isBase64Encoded ? 'base64' : 'utf8')).toEqual(bytes);
  });

  it('responds with status, headers, cookies and body of the result', async () => {
    const { url } = await open(async () => ({
      statusCode: 201,
      headers: { 'X-Number': 7, 'Content-Type': 'image/png' },
      cookies: ['a=1; Secure', 'b=2'],
      body: 'AP8=',
      isBase64Encoded: true,
    }));
    const response = await fetch(url);
    expect(response.status).toBe(201);
    expect(response.headers.get('x-number')).toBe('7');
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2']);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.of(0, 255));
  });

  it.each([
    [{ a: 1 }, '{"a":1}'],
    ['a text', 'a text'],
    [null, 'null'],
  ])('responds 200 with %j itself if it has no status code', async (result, body) => {
    const { url } = await open(async () => result);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(body);
  });

  const failed = { status: 500, message: 'Internal Server Error' };
  it.each([
    ['throws', () => Promise.reject(new Error('secret detail')), failed],
    ['returns a body that is not text', async () => ({ statusCode: 200, body: { a: 1 } }), failed],
    ['returns an invalid status', async () => ({ statusCode: 'ok' }), failed],
    ['is too slow', () => new Promise(() => {}), { status: 503, message: 'Service Unavailable' }],
  ])('responds without details when the function %s', async (_, invoke, { status, message }) => {
    const { url } = await open(invoke, { ...(status === 503 && { integrationTimeoutMs: 100 }) });
    const response = await fetch(url);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ message });
  });

  it('accepts what Lambda takes, and responds 413 to more, in base64 and as text', async () => {
    const { url, events } = await recording();
    const post = async (
      body: string | Uint8Array<ArrayBuffer>,
      type = 'application/octet-stream',
    ) => {
      const headers = { 'content-type': type };
      return (await fetch(`${url}/webhooks/x`, { method: 'POST', body, headers })).status;
    };
    const json = (text: string) => post(text, 'application/json');
    expect(await post(new Uint8Array(10 * 1024 * 1024 + 1))).toBe(413);
    expect(await post(new Uint8Array((maxEventBodyBytes * 3) / 4 + 50_000))).toBe(413);
    expect(await json('"'.repeat(maxEventBodyBytes / 2 + 50_000))).toBe(413);
    expect(events).toEqual([]);
    expect(await post(new Uint8Array((maxEventBodyBytes * 3) / 4))).toBe(204);
    expect(await json('x'.repeat(maxEventBodyBytes))).toBe(204);
  });

  it('keeps so many bytes of bodies in memory at once, and responds 429 to more', async () => {
    const wait = Promise.withResolvers<void>();
    let waiting = 0;
    const invoke = async () => {
      waiting += 1;
      await wait.promise;
      return { statusCode: 204 };
    };
    const { url } = await open(invoke, { maxBytesInProgress: 250_000 });
    const post = async (bytes = 100_000) =>
      (await fetch(url, { method: 'POST', body: new Uint8Array(bytes) })).status;
    const kept = [post(), post()];
    await expect.poll(() => waiting).toBe(2);
    expect([await post(), await post(250_000)]).toEqual([429, 429]);
    wait.resolve();
    expect(await Promise.all(kept)).toEqual([204, 204]);
    expect(await post(250_000)).toBe(204);
  });

  it('passes a path on unchanged, also one that cannot be decoded', async () => {
    const { url, events } = await recording();
    await fetch(`${url}/webhooks/%E0%A4`, { method: 'POST' });
    expect(events[0]?.rawPath).toEqual('/webhooks/%E0%A4');
  });

  it('logs a failed function without the secret in the path', async () => {
    const { url, lines } = await open(() => Promise.reject(new Error('down')));
    const secretUrl = `${url}/webhooks/soap/hush-hush?a=hush`;
    expect((await fetch(secretUrl, { method: 'POST' })).status).toBe(500);
    expect(lines).toEqual(['POST /webhooks/soap failed: Error: down']);
  });

  it('that is closed waits for running requests', async () => {
    const invoked = Promise.withResolvers<void>();
    const result = Promise.withResolvers<unknown>();
    const { url, close } = await open(() => {
      invoked.resolve();
      return result.promise;
    });
    const response = fetch(url);
    await invoked.promise;
    const closed = close();
    result.resolve({ statusCode: 202 });
    expect((await response).status).toBe(202);
    await closed;
  });
});
