import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { certificate } from './local-agent.ts';
import {
  allClosed,
  endless,
  key,
  pageWith,
  redirecting,
  requestsTo,
  servePages,
  startServer,
  ticketUrl,
} from './page-server.ts';

const ticket = 'pages.test/tickets/CS-4711?customer=Ada-Lovelace';
const notHtml = 'the response is not an HTML page with status 200';

describe('a requested page', () => {
  it('gives every value of every header', async () => {
    const { page } = await servePages(
      pageWith({
        'X-Frame-Options': ['SAMEORIGIN', 'DENY'],
        'Content-Security-Policy': ["default-src 'self'", 'frame-ancestors *, img-src *'],
      }),
    );
    expect(await page()).toEqual({
      headers: expect.objectContaining({
        'x-frame-options': ['SAMEORIGIN', 'DENY'],
        'content-security-policy': ["default-src 'self'", 'frame-ancestors *, img-src *'],
      }),
      wasRedirected: false,
    });
  });

  it('gets a User-Agent, and no cookies or other data', async () => {
    const { page, seen } = await servePages(pageWith({ 'set-cookie': 'session=1' }));
    await page();
    await page();
    const one = {
      method: 'GET',
      address: ticket,
      headers: {
        accept: 'text/html',
        connection: 'close',
        host: 'pages.test',
        'user-agent': 'crm-media-sync',
      },
    };
    expect(seen).toEqual([one, one]);
  });

  it.each(['text/html', 'TEXT/HTML ;charset=utf-8', 'application/xhtml+xml'])(
    'is HTML as %s',
    async (type) => {
      const { page } = await servePages(pageWith({ 'content-type': type }));
      expect(await page()).toMatchObject({ wasRedirected: false });
    },
  );

  it.each(['application/json', 'text/plain', 'text/html5', 'image/svg+xml', ''])(
    'is not HTML as %j',
    async (type) => {
      const { unknownBecause } = await servePages(pageWith({ 'content-type': type }));
      expect(await unknownBecause()).toBe(notHtml);
    },
  );

  it.each([201, 204, 206, 300, 304, 401, 403, 404, 429, 500, 503])(
    'is rejected with status %i, also with a location',
    async (status) => {
      const { unknownBecause, seen } = await servePages((_, response) => {
        response.writeHead(status, { 'content-type': 'text/html', location: '/other' }).end();
      });
      expect(await unknownBecause()).toBe(notHtml);
      expect(seen).toHaveLength(1);
    },
  );

  it('is closed after its headers, although its body has no end', async () => {
    const { page, open } = await servePages(endless(Buffer.alloc(65_536, ' ')).listener);
    await page();
    await allClosed(open);
  });

  // to-ticket-change.test.ts tries more URLs with the function that decides this.
  it.each(['https://pages.test:8443/', 'https://other.test/', '/tickets/4711'])(
    'is not requested at %j',
    async (url) => {
      const { unknownBecause, agent } = await servePages(pageWith({}));
      expect(await unknownBecause(url)).toBe('its URL is not allowed');
      expect(agent.attempts).toEqual([]);
    },
  );
});

const threeSteps = { [ticket]: '/1', 'pages.test/1': '/2', 'pages.test/2': '/3' };

describe('a page that redirects', () => {
  it.each([301, 302, 303, 307, 308])('is followed with status %i', async (status) => {
    const { page, seen } = await servePages(redirecting({ [ticket]: '/login?back=1' }, status));
    expect(await page()).toMatchObject({ wasRedirected: true });
    expect(seen.map(({ method, address }) => `${method} ${address}`)).toEqual([
      `GET ${ticket}`,
      'GET pages.test/login?back=1',
    ]);
  });

  it('is followed to another host of the source, without its cookies', async () => {
    const { page, seen } = await servePages(redirecting({ [ticket]: '//login.pages.test/' }));
    expect(await page()).toMatchObject({ wasRedirected: true });
    expect(seen.map(({ address }) => address)).toEqual([ticket, 'login.pages.test/']);
    expect(Object.keys(seen[1]?.headers ?? {}).sort()).toEqual([
      'accept',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('is followed three times', async () => {
    const { page } = await servePages(redirecting(threeSteps));
    expect(await page()).toMatchObject({ wasRedirected: true });
  });

  it.each([
    ['once more', { ...threeSteps, 'pages.test/3': '/4' }],
    ['in a circle', { [ticket]: '/1', 'pages.test/1': '/1' }],
    ['to itself', { [ticket]: '' }],
  ])('is not followed %s', async (_how, steps) => {
    const { unknownBecause, seen } = await servePages(redirecting(steps));
    expect(await unknownBecause()).toBe('it has too many redirects');
    expect(seen).toHaveLength(4);
  });

  it.each([
    'http://pages.test:443/',
    '//other.test/',
    '\\\\other.test/',
    'https://pages.test:8443/',
    'https://169.254.169.254/latest/meta-data/',
    'https://',
  ])('is not followed to %s', async (location) => {
    const { unknownBecause, seen, agent } = await servePages(redirecting({ [ticket]: location }));
    expect(await unknownBecause()).toBe('it redirects to a URL that is not allowed');
    expect(seen).toHaveLength(1);
    expect(agent.attempts).toEqual(['127.0.0.1']);
  });

  it('without a location is rejected', async () => {
    const { unknownBecause } = await servePages((_, response) => {
      response.writeHead(302, { 'content-type': 'text/html' }).end();
    });
    expect(await unknownBecause()).toBe(notHtml);
  });
});

describe('a request that times out', () => {
  const timeoutMs = 50;

  it('ends without a response', async () => {
    const { unknownBecause, open } = await servePages(() => undefined, { timeoutMs });
    expect(await unknownBecause()).toBe('the request timed out');
    await allClosed(open);
  });

  it('ends during the TLS handshake', async () => {
    const { port, open } = await startServer(createTcpServer((socket) => socket.resume()));
    expect(await requestsTo(port, { timeoutMs }).unknownBecause()).toBe('the request timed out');
    await allClosed(open);
  });

  it('ends during the DNS lookup', async () => {
    const agentOptions = { lookup: () => undefined };
    const { unknownBecause } = requestsTo(1, { timeoutMs, agentOptions });
    expect(await unknownBecause()).toBe('the request timed out');
  });

  it('ends amid the headers', async () => {
    const server = createTlsServer({ key, cert: certificate }, (socket) => {
      socket.on('error', () => undefined).write('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n');
    });
    const { port } = await startServer(server);
    expect(await requestsTo(port, { timeoutMs }).unknownBecause()).toBe('the request timed out');
  });

  it('ends after the time for all redirects together', async () => {
    const next = redirecting(threeSteps);
    const { unknownBecause } = await servePages(
      (request, response) => {
        setTimeout(() => next(request, response), 0.6 * 200);
      },
      { timeoutMs: 200 },
    );
    expect(await unknownBecause()).toBe('the request timed out');
  });
});

describe('a page that cannot be reached', () => {
  it('is unknown if the connection is refused, or the host does not exist', async () => {
    expect(await requestsTo(1).unknownBecause()).toBe('there was no response (ECONNREFUSED)');
    const missing = Object.assign(new Error('getaddrinfo pages.test'), { code: 'ENOTFOUND' });
    const { unknownBecause } = requestsTo(1, {
      agentOptions: { lookup: (_name, _options, callback) => callback(missing, []) },
    });
    expect(await unknownBecause()).toBe('there was no response (ENOTFOUND)');
  });

  it('is unknown if the connection breaks', async () => {
    const { unknownBecause } = await servePages(({ socket }) => socket.destroy());
    expect(await unknownBecause()).toBe('there was no response (ECONNRESET)');
  });

  it('is unknown if its certificate is not trusted', async () => {
    const { unknownBecause, seen } = await servePages(pageWith({}), { agentOptions: { ca: [] } });
    expect(await unknownBecause()).toBe('there was no response (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(seen).toEqual([]);
  });

  it('is unknown if its certificate is for another host', async () => {
    const { fetchHeaders, seen } = await servePages(pageWith({}));
    expect(await fetchHeaders('https://other.test/', ['other.test'])).toEqual({
      unknownBecause: 'there was no response (ERR_TLS_CERT_ALTNAME_INVALID)',
    });
    expect(seen).toEqual([]);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['more headers than Node takes', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
    ['nothing', ''],
  ])('is unknown if it answers %s', async (_what, answer) => {
    const server = createTlsServer({ key, cert: certificate }, (socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(answer));
    });
    const { port } = await startServer(server);
    expect(await requestsTo(port).unknownBecause()).toMatch(/^there was no response/);
  });

  it('does not affect the next request', async () => {
    let requests = 0;
    const { unknownBecause, page, open } = await servePages((request, response) => {
      requests += 1;
      if (requests === 1) request.socket.destroy();
      else pageWith({})(request, response);
    });
    expect(await unknownBecause()).toBe('there was no response (ECONNRESET)');
    expect(await page(ticketUrl)).toMatchObject({ wasRedirected: false });
    await allClosed(open);
  });
});
