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

/** What is found of a page that a server gives, for a ticket of the CRM's unless told otherwise. */
const found = async (
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
  const told = await checkTicketPage(
    { ...pages, ...change },
    { agent, ticketId, ...(timeoutMs !== undefined && { timeoutMs }) },
  );
  expect(JSON.stringify(told)).not.toMatch(/Jane|4711/);
  return { ...Object.fromEntries(told.map((one) => [one.about, one])), told, seen, open };
};

describe('a ticket page', () => {
  it.each([200, 401, 404, 500])('that answers %i over https is reachable', async (code) => {
    const { told } = await found(status(code));
    expect(told[0]).toMatchObject({ about: 'pages.test', state: 'ok' });
  });

  it('is asked by one who is not logged in', async () => {
    const { seen } = await found(answering(page(ticketText)));
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

  it('with a certificate that nobody vouches for is told of, and no more is asked', async () => {
    const { told, seen } = await found(status(200), { agentOptions: { ca: [] } });
    expect(told).toMatchObject([
      { about: 'pages.test', state: 'bad', finding: expect.stringContaining('signed by itself') },
    ]);
    expect(seen).toEqual([]);
  });

  it('with a certificate for other hosts is told of', async () => {
    const ticketUrl = 'https://elsewhere.test/{id}';
    const { told } = await found(status(200), { change: { ticketUrl } });
    expect(told).toMatchObject([{ state: 'bad', finding: 'its certificate is for other hosts' }]);
  });

  it.each([
    ['ENOTFOUND', 'there is no such host'],
    ['ECONNREFUSED', 'nothing listens there for https'],
    ['CERT_HAS_EXPIRED', 'its certificate has expired'],
    ['EPROTO', 'no answer over https (EPROTO)'],
  ])('that fails with %s is told of in words', (code, finding) => {
    expect(connectionFailure(code)).toMatchObject({ state: 'bad', finding });
  });

  it('whose host nobody knows is told of', async () => {
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '');
    const { told } = await found(status(200), { agentOptions: { lookup } });
    expect(told).toMatchObject([{ state: 'bad', finding: 'there is no such host' }]);
  });

  it('that does not answer in time is told of', async () => {
    const { told, open } = await found(() => undefined, { timeoutMs: 200 });
    expect(told).toMatchObject([{ state: 'bad', finding: 'no answer in time' }]);
    await allClosed(open);
  });

  it('at an address that is not public is not asked', async () => {
    const asked = await checkTicketPage(
      { ...pages, ticketUrl: 'https://127.0.0.1/tickets/{id}' },
      { agent: new RequestFilteringHttpsAgent() },
    );
    expect(asked).toMatchObject([
      { state: 'unknown', finding: expect.stringContaining('not a public one') },
    ]);
  });

  it('is asked of the ticket that the operator names, and of a made-up one where none is', async () => {
    const { agent, seen } = await servePages(status(403));
    await runChecks(ticketPageChecks({ desk: pages, other: pages }, { desk: 'CS-7' }, agent));
    expect(new Set(seen.map(({ address }) => address))).toEqual(
      new Set(['pages.test/tickets/999999999', 'pages.test/tickets/CS-7']),
    );
  });

  it('is, as the checks make it, asked at public addresses only', async () => {
    const ticketUrl = 'https://localhost/tickets/{id}';
    const findings = await runChecks(ticketPageChecks({ desk: { ...pages, ticketUrl } }, {}));
    expect(findings).toMatchObject([{ check: 'Ticket page of desk', state: 'unknown' }]);
  });
});

describe('whether strangers can read a ticket', () => {
  const login = async (...asked: Parameters<typeof found>) =>
    (await found(...asked)).told.find(({ about }) => about === 'login');
  const loginForm = page(
    '<form action="/session"><input name="user"><input name="p" type="password"></form>',
  );

  it('is bad news where the ticket’s page comes without a login', async () => {
    expect(await login(answering(page(ticketText)))).toMatchObject({
      state: 'bad',
      finding: expect.stringContaining('anybody who has the link can read the ticket'),
      next: expect.stringMatching(/private window.*HIPAA/),
    });
  });

  it('is bad news for a ticket that is made up as well, which is said', async () => {
    const told = await login(answering(page(ticketText)), { ticketId: undefined });
    expect(told).toMatchObject({ state: 'bad', finding: expect.stringContaining('made-up') });
  });

  it.each(['application/json', 'application/pdf', 'text/plain'])(
    'is bad news where the answer is no page but %s',
    async (type) => {
      expect(await login(answering('{"ticket":4711}', type))).toMatchObject({ state: 'bad' });
    },
  );

  it.each([401, 403, 404, 410])('is not so where a real ticket gives %i', async (code) => {
    expect(await login(status(code))).toMatchObject({ state: 'ok' });
  });

  it.each([404, 410])('is not known where a made-up ticket gives %i', async (code) => {
    expect(await login(status(code), { ticketId: undefined })).toMatchObject({
      state: 'unknown',
      next: expect.stringContaining('--ticket'),
    });
  });

  it.each([204, 400, 429, 500, 503])('is not known where the answer is %i', async (code) => {
    expect(await login(status(code))).toMatchObject({ state: 'unknown' });
  });

  it.each([
    ['a login on another host', { 'pages.test/tickets/4711': 'https://login.pages.test/?to=4711' }],
    ['a login on the same host', { 'pages.test/tickets/4711': '/users/sign_in' }],
    ['the front page', { 'pages.test/tickets/4711': '/' }],
    [
      'a login by way of others',
      { 'pages.test/tickets/4711': '/a', 'pages.test/a': '/b', 'pages.test/b': '/login' },
    ],
  ])('is not so where they are sent to %s', async (_what, locations) => {
    expect(await login(redirecting(locations))).toMatchObject({ state: 'ok' });
  });

  it('is not hidden by a redirect to the ticket at another address', async () => {
    const moved: RequestListener = (request, response) => {
      if (request.url === '/tickets/4711') response.writeHead(301, { location: '/en/4711' }).end();
      else answering(page(ticketText))(request, response);
    };
    expect(await login(moved)).toMatchObject({ state: 'bad' });
  });

  it('is not known where they are sent round and round', async () => {
    const told = await login(redirecting({ 'pages.test/tickets/4711': '/tickets/4711' }));
    expect(told).toMatchObject({ state: 'unknown' });
  });

  it('is not looked for without https', async () => {
    const told = await login(
      redirecting({ 'pages.test/tickets/4711': 'http://pages.test/tickets/4711' }),
    );
    expect(told).toMatchObject({ state: 'warning', finding: expect.stringContaining('https') });
  });

  it('is not so where a login page stands in the ticket’s place', async () => {
    expect(await login(answering(loginForm))).toMatchObject({
      state: 'ok',
      finding: expect.stringContaining('looks like a login'),
    });
  });

  it('reads no more than the beginning of a page', async () => {
    let sent = 0;
    const endless: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      const more = () => {
        while (!response.destroyed && response.write(ticketText.repeat(50))) sent += 1;
      };
      response.on('drain', more);
      more();
    };
    const { told, open } = await found(endless);
    expect(told[1]).toMatchObject({ about: 'login', state: 'bad' });
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
    const { told } = await found(listener, { change: { linkType } });
    return told.find(({ about }) => about === 'framing');
  };
  const allowed = { 'content-security-policy': 'frame-ancestors https://flex.twilio.com' };
  const refused = { 'x-frame-options': 'SAMEORIGIN' };

  it.each<[string, string, Record<string, string>, RequestListener?]>([
    ['allowed', 'so does linkType Embedded', allowed],
    ['refused', 'Referenced is the linkType to configure: the page may not be', refused],
    ['not known', 'Referenced is the linkType to configure: not a page', {}, status(403)],
  ])('is told of a Referenced source too: %s', async (_what, finding, headers, listener) => {
    expect(await framing('Referenced', headers, listener)).toMatchObject({
      state: 'ok',
      finding: expect.stringContaining(finding),
    });
  });

  it('is fine for Embedded where the page allows it', async () => {
    expect(await framing('Embedded', allowed)).toMatchObject({ state: 'ok' });
  });

  it('is bad news for Embedded where it does not', async () => {
    expect(await framing('Embedded', refused)).toMatchObject({
      state: 'bad',
      next: expect.stringContaining('flex.twilio.com'),
    });
  });

  it('is not known where strangers are sent to another page that does not', async () => {
    const listener = redirecting({ 'pages.test/tickets/4711': '/login' });
    expect(await framing('Embedded', {}, listener)).toMatchObject({ state: 'warning' });
  });

  it('is not known where there is no page', async () => {
    expect(await framing('Embedded', {}, status(403))).toMatchObject({ state: 'unknown' });
  });

  it('is not asked on hosts that links may not point to', async () => {
    const listener = redirecting({ 'pages.test/tickets/4711': 'https://login.pages.test/' });
    const { told } = await found(listener, { change: { allowedHosts: undefined } });
    expect(told.at(-1)?.finding).toContain('redirected elsewhere');
  });
});
