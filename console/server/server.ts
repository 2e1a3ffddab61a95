import { isIP } from 'node:net';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import * as z from 'zod';
import { type ActionName, type Actions, actionInputs } from '../api.ts';
import { bundlePage } from './bundle.ts';
import type { Feed } from './feed.ts';

interface ConsoleOptions {
  feed: Feed;
  actions: Actions;
  /** The address that it listens on: a loopback address unless the operator chose another. */
  host: string;
  /** The port of the CRM's pages, which the page may frame. */
  crmPort?: number | undefined;
  /** Sounds by their paths, below `/sounds/`. */
  sound?: (path: string) => Uint8Array<ArrayBuffer> | undefined;
}

/** An action that cannot be done: no error of the page or the server. Its message tells the person why. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
}

const heartbeatMs = 15_000;

/**
 * The console as an HTTP application: the page, the parts as server-sent events, and the actions. Each request
 * has to name this host (against DNS rebinding), and each action has to come from the page itself (against other
 * sites). Sources: https://owasp.org/www-community/attacks/DNS_Rebinding,
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function createConsoleApp(options: ConsoleOptions): Hono {
  const { feed, actions } = options;
  let page: ReturnType<typeof bundlePage> | undefined;

  const app = new Hono();
  app.use(async (c, next) => {
    const problem = requestProblem(c, options.host);
    if (problem !== undefined) return c.text(`${problem}\n`, 403);
    await next();
    for (const [name, value] of Object.entries(securityHeaders(c, options.crmPort))) {
      c.header(name, value);
    }
    return undefined;
  });

  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      const pending: string[] = [];
      let wake = Promise.withResolvers<void>();
      const end = feed.subscribe((updates) => {
        pending.push(JSON.stringify(updates));
        wake.resolve();
      });
      const heartbeat = setInterval(() => wake.resolve(), heartbeatMs);
      stream.onAbort(() => wake.resolve());
      try {
        for (let event = 'all'; !stream.aborted && !stream.closed; event = 'some') {
          const texts = pending.splice(0);
          if (texts.length === 0) await stream.write(': still here\n\n');
          for (const data of texts) await stream.writeSSE({ event, data, id: String(Date.now()) });
          if (pending.length > 0) continue;
          await wake.promise;
          wake = Promise.withResolvers<void>();
        }
      } finally {
        clearInterval(heartbeat);
        end();
      }
    }),
  );

  app.post('/actions/:name', async (c) => {
    const name = c.req.param('name');
    if (!isActionName(name)) return c.json({ error: `there is no action ${name}` }, 404);
    const input = actionInputs[name].safeParse(await c.req.json().catch(() => undefined));
    if (!input.success) return c.json({ error: z.prettifyError(input.error) }, 400);
    const run = actions[name] as ((input: unknown) => Promise<unknown>) | undefined;
    if (run === undefined) return c.json({ error: `${name} is not possible here` }, 404);
    try {
      return c.json({ output: await run(input.data) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return c.json({ error: error.message }, error instanceof ActionError ? 200 : 500);
    }
  });

  app.get('/sounds/:name', (c) => {
    const sound = options.sound?.(c.req.param('name'));
    return sound === undefined
      ? c.notFound()
      : c.body(sound, 200, { 'content-type': 'audio/wav', 'accept-ranges': 'none' });
  });

  app.get('*', async (c) => {
    page ??= bundlePage();
    const file = (await page).get(c.req.path);
    return file === undefined
      ? c.notFound()
      : c.body(file.body, 200, { 'content-type': file.type });
  });
  return app;
}

function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actionInputs, name);
}

/** Why a request is not answered; undefined if it is from the page, or a person's own. */
function requestProblem(c: Context, listensOn: string): string | undefined {
  const host = c.req.header('host') ?? '';
  if (!isOwnHost(host, listensOn)) {
    return `The console does not answer as ${host}: open it by the address that the terminal shows.`;
  }
  const origin = c.req.header('origin');
  const isOwnOrigin = origin === `http://${host}`;
  const site = c.req.header('sec-fetch-site') ?? 'none';
  if (!['GET', 'HEAD'].includes(c.req.method) && !isOwnOrigin)
    return 'This request comes from another site.';
  if (origin !== undefined && !isOwnOrigin) return 'This request comes from another site.';
  const isNavigation = c.req.header('sec-fetch-mode') === 'navigate';
  if (site !== 'none' && site !== 'same-origin' && !isNavigation) {
    return 'This request comes from another site.';
  }
  return undefined;
}

function hostNameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

const anyAddress = ['0.0.0.0', '::'];

/**
 * Whether a `Host` header names this machine. A name that is no address may be anybody's, and lead here only now.
 * @param listensOn the address that the server listens on
 */
export function isOwnHost(host: string, listensOn: string): boolean {
  const name = hostNameOf(host);
  if (name === undefined) return false;
  if (loopbackNames.includes(name) || name === listensOn || name === `[${listensOn}]`) return true;
  return anyAddress.includes(listensOn) && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

function securityHeaders(c: Context, crmPort: number | undefined): Record<string, string> {
  const name = hostNameOf(c.req.header('host') ?? '');
  const frames = crmPort === undefined ? "'none'" : `http://${name}:${crmPort}`;
  return {
    'content-security-policy': `default-src 'self'; frame-src ${frames}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'`,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}
