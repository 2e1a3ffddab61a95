import type { RequestListener } from 'node:http';
import type { AgentOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { describe, expect, it } from 'vitest';
import type { TicketPages } from '../../../ops/deployment/deployment.ts';
import { runChecks } from '../../../ops/doctor/check.ts';
import { isLoginUrl, pageAppearance } from '../../../ops/doctor/pages/evaluate-login.ts';
import {
  checkTicketPage,
  connectionFailure,
  ticketPageChecks,
} from '../../../ops/doctor/pages/ticket-page.ts';
import { allClosed, pageWith, redirecting, servePages } from '../framing/page-server.ts';

const pages: TicketPages = {
  ticketUrl: 'https://pages.test/tickets/{id}',
  linkType: 'Referenced',
  allowedHosts: ['pages.test', 'login.pages.test'],
};

const at = 'pages.test/tickets/4711';
const ticketText = `<h1>Ticket 4711</h1><p>${'Jane Doe writes that her results have come in. '.repeat(4)}</p>`;
const page = (body: string) =>
  `<!doctype html><html><head><title>CRM</title></head><body>${body}</body></html>`;
const answering =
  (body: string, type = 'text/html; charset=utf-8'): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': type }).end(body);
const status =
  (code: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(code).end('no');

/** The findings about a page of a server; the ticket id is one that the operator gave, by default. */
const check = async (
  listener: RequestListener,
  options: {
    change?: Partial<TicketPages>;
    ticketId?: string | undefined;
    agentOptions?: AgentOptions;
    timeoutMs?: number;
  } = {},
) => {
  const { change, agentOptions, timeoutMs } = options;
  const { agent, seen, open } = await servePages(listener, {
    ...(agentOptions !== undefined && { agentOptions }),
  });
  const ticketId = 'ticketId' in options ? options.ticketId : '4711';
  const list = await checkTicketPage(
    { ...pages, ...change },
    { agent, ticketId, ...(timeoutMs !== undefined && { timeoutMs }) },
  );
  expect(JSON.stringify(list)).not.toMatch(/Jane|4711/);
  return { list, seen, open };
};

describe('a ticket page', () => {
  it.each([200, 401, 404, 500])('that answers %i over https is reachable', async (code) => {
    const { list } = await check(status(code));
    expect(list[0]).toMatchObject({ about: 'pages.test', state: 'ok' });
  });

  it('is requested without a login', async () => {
    const { seen } = await check(answering(page(ticketText)));
    expect(seen).toHaveLength(2);
    for (const { method, address, headers } of seen) {
      expect({ method, address }).toEqual({ method: 'GET', address: 'pages.test/tickets/4711' });
      expect(Object.keys(headers).toSorted()).toEqual([
        'accept',
        'connection',
        'host',
        'user-agent',
      ]);
    }
  });

  it('with a self-signed certificate fails, and gets no request', async () => {
    const { list, seen } = await check(status(200), { agentOptions: { ca: [] } });
    expect(list).toMatchObject([
      { about: 'pages.test', state: 'failed', finding: expect.stringContaining('self-signed') },
    ]);
    expect(seen).toEqual([]);
  });

  const noSuchHost: LookupFunction = (_name, _options, callback) =>
    callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '');
  it.each<[string, Parameters<typeof check>[1]]>([
    [
      'the certificate is for other hosts',
      { change: { ticketUrl: 'https://elsewhere.test/{id}' } },
    ],
    ['the host does not exist', { agentOptions: { lookup: noSuchHost } }],
    ['the request timed out', { timeoutMs: 200 }],
  ])('fails: %s', async (finding, options) => {
    const { list, open } = await check(() => undefined, options);
    expect(list).toMatchObject([{ state: 'failed', finding }]);
    await allClosed(open);
  });

  it.each([
    ['ENOTFOUND', 'the host does not exist'],
    ['ECONNREFUSED', 'the connection on port 443 was refused'],
    ['CERT_HAS_EXPIRED', 'the certificate has expired'],
    ['EPROTO', 'no response over https (EPROTO)'],
  ])('that fails with %s fails the check in words', (code, finding) => {
    expect(connectionFailure(code)).toMatchObject({ state: 'failed', finding });
  });

  it('at a private address is not requested', async () => {
    const found = await checkTicketPage(
      { ...pages, ticketUrl: 'https://127.0.0.1/tickets/{id}' },
      { agent: new RequestFilteringHttpsAgent() },
    );
    expect(found).toMatchObject([
      { state: 'unknown', finding: expect.stringContaining('address is private') },
    ]);
  });

  it('is requested for the given ticket, and for a made-up one if none is given', async () => {
    const { agent, seen } = await servePages(status(403));
    await runChecks(ticketPageChecks({ desk: pages, other: pages }, { desk: 'CS-7' }, agent));
    expect(new Set(seen.map(({ address }) => address))).toEqual(
      new Set(['pages.test/tickets/999999999', 'pages.test/tickets/CS-7']),
    );
  });

  it('is requested at public addresses only, by the default agent', async () => {
    const ticketUrl = 'https://localhost/tickets/{id}';
    const findings = await runChecks(ticketPageChecks({ desk: { ...pages, ticketUrl } }, {}));
    expect(findings).toMatchObject([{ check: 'Ticket page of desk', state: 'unknown' }]);
  });
});

describe('whether a ticket needs a login', () => {
  const login = async (...options: Parameters<typeof check>) =>
    (await check(...options)).list.find(({ about }) => about === 'login');
  const loginForm = page(
    '<form action="/session"><input name="user"><input name="p" type="password"></form>',
  );

  it('fails if the ticket’s page comes without a login', async () => {
    expect(await login(answering(page(ticketText)))).toMatchObject({
      state: 'failed',
      finding: expect.stringContaining('anybody with the link can read the ticket'),
      next: expect.stringMatching(/Require a login.*HIPAA/),
    });
  });

  it('fails for a made-up ticket too, and says so', async () => {
    const found = await login(answering(page(ticketText)), { ticketId: undefined });
    expect(found).toMatchObject({ state: 'failed', finding: expect.stringContaining('made-up') });
  });

  it.each(['application/json', 'application/pdf', 'text/plain'])(
    'fails if the response is not HTML but %s',
    async (type) => {
      expect(await login(answering('{"ticket":4711}', type))).toMatchObject({ state: 'failed' });
    },
  );

  it.each<[string, string | undefined, number[], string]>([
    ['an existing ticket', '4711', [401, 403, 404, 410], 'ok'],
    ['an existing ticket', '4711', [204, 400, 429, 500, 503], 'unknown'],
    ['a made-up ticket', undefined, [404, 410], 'unknown'],
  ])('of %s (%s) that answers %j is %s', async (_, ticketId, codes, state) => {
    for (const code of codes) {
      const found = await login(status(code), { ticketId });
      expect(found, String(code)).toMatchObject({
        state,
        ...(ticketId === undefined && { next: expect.stringContaining('--ticket') }),
      });
    }
  });

  it.each<[string, Record<string, string>, object]>([
    ['a login on another host', { [at]: 'https://login.pages.test/?to=4711' }, { state: 'ok' }],
    ['a login on the same host', { [at]: '/users/sign_in' }, { state: 'ok' }],
    ['the front page', { [at]: '/' }, { state: 'ok' }],
    [
      'a login by way of others',
      { [at]: '/a', 'pages.test/a': '/b', 'pages.test/b': '/login' },
      { state: 'ok' },
    ],
    ['itself without end', { [at]: '/tickets/4711' }, { state: 'unknown' }],
    [
      'http',
      { [at]: `http://${at}` },
      { state: 'warning', finding: expect.stringContaining('https') },
    ],
  ])('is known from a redirect to %s', async (_what, locations, expected) => {
    expect(await login(redirecting(locations))).toMatchObject(expected);
  });

  it('fails after a redirect to the ticket at another URL', async () => {
    const moved: RequestListener = (request, response) => {
      if (request.url === '/tickets/4711') response.writeHead(301, { location: '/en/4711' }).end();
      else answering(page(ticketText))(request, response);
    };
    expect(await login(moved)).toMatchObject({ state: 'failed' });
  });

  it('is ok if a login page is in the place of the ticket', async () => {
    expect(await login(answering(loginForm))).toMatchObject({
      state: 'ok',
      finding: expect.stringContaining('looks like a login'),
    });
  });

  it('reads no more than the start of a page', async () => {
    let sent = 0;
    const endless: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      const more = () => {
        while (!response.destroyed && response.write(ticketText.repeat(50))) sent += 1;
      };
      response.on('drain', more);
      more();
    };
    const { list, open } = await check(endless);
    expect(list[1]).toMatchObject({ about: 'login', state: 'failed' });
    await allClosed(open);
    expect(sent).toBeGreaterThan(0);
  });
});

describe('a page looks like', () => {
  const long = 'words that say nothing in particular, and quite a lot of them. '.repeat(40);

  it.each([
    ['a password field', '<input type="password">', 'login'],
    ['a password field without quotes', `<INPUT name=p TYPE=password>${long}`, 'login'],
    ['words of a login', '<h1>Sign in to Acme</h1><a>Continue with SSO</a>', 'login'],
    ['words of a login in German', '<h1>Bei Acme anmelden</h1>', 'login'],
    ['a refresh to a login', '<meta http-equiv="refresh" content="0;url=/login?to=1">', 'login'],
    ['a page with a login in a corner', `<a>Log in</a> ${long}`, 'unclear'],
    ['scripts alone', '<div id="app"></div><script>var s = "Log in"</script>', 'scripted'],
    ['scripts that go on and on', `<div id="app"></div><script>${long}`, 'scripted'],
    ['words for those without scripts', `<noscript>${long}</noscript><div></div>`, 'scripted'],
    ['a ticket', ticketText, 'content'],
    ['a ticket about catalogue inventory', `<p>${long} the catalog in stock</p>`, 'content'],
  ] as const)('with %s', (_what, body, look) => {
    expect(pageAppearance(page(body))).toBe(look);
  });

  it.each([
    ['https://login.acme.com/', true],
    ['https://acme.com/users/sign_in', true],
    ['https://acme.com/saml2/start', true],
    ['https://acme.com/authors/7', false],
    ['https://acme.com/tickets/7', false],
  ])('%s is named as a login: %s', (url, isLogin) => {
    expect(isLoginUrl(new URL(url))).toBe(isLogin);
  });
});

describe('whether Flex may frame a ticket page', () => {
  const framing = async (
    linkType: TicketPages['linkType'],
    headers: Record<string, string>,
    listener: RequestListener = pageWith(headers),
  ) => {
    const { list } = await check(listener, { change: { linkType } });
    return list.find(({ about }) => about === 'framing');
  };
  const allowed = { 'content-security-policy': 'frame-ancestors https://flex.twilio.com' };
  const refused = { 'x-frame-options': 'SAMEORIGIN' };

  it.each<[string, string, Record<string, string>, RequestListener?]>([
    ['allowed', 'so does Embedded', allowed],
    ['not allowed', 'keep linkType Referenced: the page does not allow', refused],
    ['unknown', 'whether Flex may frame the page is unknown, the response is not', {}, status(403)],
  ])('is reported of a Referenced source too: %s', async (_what, finding, headers, listener) => {
    expect(await framing('Referenced', headers, listener)).toMatchObject({
      state: 'ok',
      finding: expect.stringContaining(finding),
    });
  });

  it.each<[string, object, RequestListener]>([
    ['allows it', { state: 'ok' }, pageWith(allowed)],
    [
      'does not',
      { state: 'failed', next: expect.stringContaining('flex.twilio.com') },
      pageWith(refused),
    ],
    ['redirects to one that does not', { state: 'warning' }, redirecting({ [at]: '/login' })],
    ['does not exist', { state: 'unknown' }, status(403)],
  ])('is known of Embedded, if the page %s', async (_what, expected, listener) => {
    expect(await framing('Embedded', {}, listener)).toMatchObject(expected);
  });

  it('is not requested on hosts that links may not point to', async () => {
    const listener = redirecting({ [at]: 'https://login.pages.test/' });
    const { list } = await check(listener, { change: { allowedHosts: undefined } });
    expect(list.at(-1)?.finding).toContain('redirects to a URL that is not allowed');
  });
});
