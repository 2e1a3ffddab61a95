import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { runChecks } from '../../../ops/doctor/check.ts';
import { isLoginUrl, pageAppearance } from '../../../ops/doctor/pages/evaluate-login.ts';
import {
  checkTicketPage,
  connectionFailure,
  ticketPageChecks,
} from '../../../ops/doctor/pages/ticket-page.ts';
import { allClosed, endless, pageWith, redirecting, servePages } from '../framing/page-server.ts';
import { finds } from './doctor-harness.ts';

const pages: Parameters<typeof checkTicketPage>[0] = {
  ticketUrl: 'https://pages.test/tickets/{id}',
  linkType: 'Referenced',
  allowedHosts: ['pages.test', 'login.pages.test'],
};

/** No port holds it. */
const givenTicket = 'CS-4711';
const at = `pages.test/tickets/${givenTicket}`;
const ticketText = `<h1>Ticket ${givenTicket}</h1><p>${'Jane Doe writes that her results have come in. '.repeat(4)}</p>`;
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
    change?: Partial<typeof pages>;
    ticketId?: string | undefined;
    timeoutMs?: number;
  } = {},
) => {
  const { change, timeoutMs } = options;
  const { agent, seen, open } = await servePages(listener);
  const ticketId = 'ticketId' in options ? options.ticketId : givenTicket;
  const list = await checkTicketPage(
    { ...pages, ...change },
    { agent, ticketId, ...(timeoutMs !== undefined && { timeoutMs }) },
  );
  expect(JSON.stringify(list)).not.toMatch(/Jane Doe|CS-4711/);
  return { list, seen, open };
};

describe('a ticket page', () => {
  it.each([200, 401, 404, 500])('that answers %i over https is reachable', async (code) => {
    const { list } = await check(status(code));
    expect(list[0]).toMatchObject({ about: 'pages.test', state: 'ok' });
  });

  it.each([
    { ticketUrl: 'https://pages.test{id}' },
    { ticketUrl: 'https://{id}.pages.test/' },
    { allowedHosts: ['other.test'] },
  ])('is not requested with %j', async (change) => {
    const { list, seen } = await check(status(200), { change });
    expect(list).toMatchObject([{ about: 'ticketUrl', state: 'failed' }]);
    expect(seen).toEqual([]);
  });

  it('that does not answer fails, with nothing else', async () => {
    const { list, open } = await check(() => undefined, { timeoutMs: 200 });
    expect(list).toMatchObject([{ state: 'failed', finding: 'the request timed out' }]);
    await allClosed(open);
  });

  it.each([
    ['ENOTFOUND', 'the host does not exist'],
    ['ECONNREFUSED', 'the connection on port 443 was refused'],
    ['CERT_HAS_EXPIRED', 'the certificate has expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is self-signed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate is for other hosts'],
    ['EPROTO', 'no response over https (EPROTO)'],
  ])('that fails with %s fails the check in words', (code, finding) => {
    expect(connectionFailure(code)).toMatchObject({ state: 'failed', finding });
  });

  it('is requested for the given ticket, and for a made-up one if none is given', async () => {
    const { agent, seen } = await servePages(status(403));
    await runChecks(ticketPageChecks({ desk: pages, other: pages }, { desk: 'CS-7' }, agent));
    expect(new Set(seen.map(({ address }) => address))).toEqual(
      new Set(['pages.test/tickets/999999999', 'pages.test/tickets/CS-7']),
    );
  });

  it('is requested at public addresses only, by the default agent', async () => {
    const desk = { ticketUrl: 'https://localhost/tickets/{id}', linkType: 'Referenced' } as const;
    const findings = await runChecks(ticketPageChecks({ desk }, {}));
    expect(findings).toMatchObject([finds('unknown', 'address is private')]);
  });
});

describe('whether a ticket needs a login', () => {
  const login = async (...options: Parameters<typeof check>) =>
    (await check(...options)).list.find(({ about }) => about === 'login');
  const loginForm = page(
    '<form action="/session"><input name="user"><input name="p" type="password"></form>',
  );

  it('fails if the ticket’s page comes without a login', async () => {
    expect(await login(answering(page(ticketText)))).toMatchObject(
      finds('failed', 'anybody with the link can read the ticket', /Require a login.*HIPAA/),
    );
  });

  it('fails for a made-up ticket too, and says so', async () => {
    const found = await login(answering(page(ticketText)), { ticketId: undefined });
    expect(found).toMatchObject(finds('failed', 'made-up'));
  });

  it.each(['application/json', 'application/pdf', 'text/plain'])(
    'fails if the response is not HTML but %s',
    async (type) => {
      expect(await login(answering('{"ticket":"CS-4711"}', type))).toMatchObject({
        state: 'failed',
      });
    },
  );

  it.each<[string, string | undefined, number[], string]>([
    ['an existing ticket', givenTicket, [401, 403, 404, 410], 'ok'],
    ['an existing ticket', givenTicket, [204, 400, 429, 500, 503], 'unknown'],
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
    ['a login on another host', { [at]: 'https://login.pages.test/?to=CS-4711' }, { state: 'ok' }],
    ['a login on the same host', { [at]: '/users/sign_in' }, { state: 'ok' }],
    ['the front page', { [at]: '/' }, { state: 'ok' }],
    [
      'a login by way of others',
      { [at]: '/a', 'pages.test/a': '/b', 'pages.test/b': '/login' },
      { state: 'ok' },
    ],
    ['itself without end', { [at]: '/tickets/CS-4711' }, { state: 'unknown' }],
    ['http', { [at]: `http://${at}` }, finds('warning', 'https')],
  ])('is known from a redirect to %s', async (_what, locations, expected) => {
    expect(await login(redirecting(locations))).toMatchObject(expected);
  });

  it('fails after a redirect to the ticket at another URL', async () => {
    const moved: RequestListener = (request, response) => {
      if (request.url === '/tickets/CS-4711')
        response.writeHead(301, { location: '/en/CS-4711' }).end();
      else answering(page(ticketText))(request, response);
    };
    expect(await login(moved)).toMatchObject({ state: 'failed' });
  });

  it('is ok if a login page is in the place of the ticket', async () => {
    expect(await login(answering(loginForm))).toMatchObject(finds('ok', 'looks like a login'));
  });

  it('reads no more than the start of a page', async () => {
    const { listener, written } = endless(ticketText.repeat(50));
    const { list, open } = await check(listener);
    expect(list[1]).toMatchObject({ about: 'login', state: 'failed' });
    await allClosed(open);
    expect(written()).toBeGreaterThan(0);
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
    linkType: (typeof pages)['linkType'],
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
    expect(await framing('Referenced', headers, listener)).toMatchObject(finds('ok', finding));
  });

  it.each<[string, object, RequestListener]>([
    ['allows it', { state: 'ok' }, pageWith(allowed)],
    ['does not', finds('failed', '', 'flex.twilio.com'), pageWith(refused)],
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
